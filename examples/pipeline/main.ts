import { App } from "cdktf";
import { resolveActiveProvider, StateBackend, StorageFailover } from "../../lib";

const accountId = "00000000000000000000000000000000";

const app = new App();
new StorageFailover(app, "failover", {
  activeProvider: resolveActiveProvider({ context: app.node.tryGetContext("activeProvider") }).value,
  hostname: "assets.example.com",
  zoneName: "example.com",
  zoneId: "11111111111111111111111111111111",
  accountId,
  primary: { bucketName: "example-assets-primary", region: "eu-central-1" },
  secondary: {
    bucketName: "assets-standby",
    originHost: "assets-standby.example.com",
    region: "fra1",
    volumeGiB: 100,
    sshKeyIds: ["1234567"],
  },
  backend: StateBackend.r2({ accountId, bucket: "example-terraform-state", profile: "r2-state" }),
});
app.synth();
