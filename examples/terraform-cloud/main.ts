import { App } from "cdktf";
import { resolveActiveProvider, StateBackend, StorageFailover } from "../../lib";

const app = new App();
new StorageFailover(app, "failover", {
  activeProvider: resolveActiveProvider({ context: app.node.tryGetContext("activeProvider") }).value,
  hostname: "assets.example.com",
  zoneName: "example.com",
  zoneId: "11111111111111111111111111111111",
  accountId: "00000000000000000000000000000000",
  primary: { bucketName: "example-assets-primary", region: "eu-central-1" },
  secondary: {
    bucketName: "assets-standby",
    originHost: "assets-standby.example.com",
    region: "fra1",
    volumeGiB: 100,
    sshKeyIds: ["1234567"],
  },
  // Workspaces assets-primary, assets-secondary and assets-replication.
  backend: StateBackend.terraformCloud({ organization: "example-org", workspacePrefix: "assets" }),
  // Workspace assets-edge, in an installation of one's own: HashiCorp's service runs on AWS, which a flip may not need.
  edgeBackend: StateBackend.terraformCloud({
    hostname: "terraform.example.com",
    organization: "example-org",
    workspacePrefix: "assets",
  }),
});
app.synth();
