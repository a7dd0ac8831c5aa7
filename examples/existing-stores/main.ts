import { App } from "cdktf";
import { resolveActiveProvider, StateBackend, StorageFailover } from "../../lib";

const accountId = "00000000000000000000000000000000";

const app = new App();
new StorageFailover(app, "failover", {
  activeProvider: resolveActiveProvider({ context: app.node.tryGetContext("activeProvider") }).value,
  hostname: "photos.example.com",
  zoneName: "example.com",
  zoneId: "11111111111111111111111111111111",
  accountId,
  existingPrimary: {
    bucketName: "example-photos",
    region: "eu-central-1",
    versioned: true,
    // The one thing that is added to the bucket: an object that the monitors read.
    createHealthObject: true,
  },
  // Wasabi here; any server that speaks S3 is described the same way.
  existingSecondary: {
    bucketName: "photos-standby",
    endpoint: "https://s3.eu-central-2.wasabisys.com",
    region: "eu-central-2",
    addressStyle: "virtual",
    originHost: "photos-standby.s3.eu-central-2.wasabisys.com",
    credentialsSecretName: "storage-failover/photos-standby",
    versioned: true,
  },
  backend: StateBackend.r2({ accountId, bucket: "example-terraform-state", profile: "r2-state" }),
});
app.synth();
