import { App } from "cdktf";
import { resolveActiveProvider, StateBackend, StorageFailover } from "../../lib";

const accountId = "00000000000000000000000000000000";

const app = new App();
new StorageFailover(app, "failover", {
  activeProvider: resolveActiveProvider({ context: app.node.tryGetContext("activeProvider") }).value,
  hostname: "media.example.com",
  zoneName: "example.com",
  zoneId: "11111111111111111111111111111111",
  accountId,
  primary: { bucketName: "example-media-primary", region: "eu-central-1" },
  secondary: {
    bucketName: "media-standby",
    originHost: "media-standby.example.com",
    region: "sgp1",
    volumeGiB: 500,
    sshKeyIds: ["1234567"],
  },
  edge: {
    plan: "enterprise",
    intervalSeconds: 10,
    // Near the stores and near the readers; an odd number, because the majority decides.
    checkRegions: ["WEU", "EEU", "ENAM", "SEAS", "NEAS"],
    // By name, not by role: Singapore does not move when the roles do.
    regionPools: {
      SEAS: ["secondary", "primary"],
      NEAS: ["secondary", "primary"],
      OC: ["secondary", "primary"],
    },
  },
  // Refused at synth when the settings above could not keep it.
  objectives: { rtoSeconds: 30 },
  backend: StateBackend.r2({ accountId, bucket: "example-terraform-state", profile: "r2-state" }),
});
app.synth();
