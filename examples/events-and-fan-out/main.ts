import { App } from "cdktf";
import { resolveActiveProvider, StateBackend, StorageFailover } from "../../lib";

const accountId = "00000000000000000000000000000000";

const app = new App();
new StorageFailover(app, "failover", {
  activeProvider: resolveActiveProvider({ context: app.node.tryGetContext("activeProvider") }).value,
  hostname: "uploads.example.com",
  zoneName: "example.com",
  zoneId: "11111111111111111111111111111111",
  accountId,
  primary: { bucketName: "example-uploads-primary", region: "eu-central-1" },
  secondary: {
    bucketName: "uploads-standby",
    originHost: "uploads-standby.example.com",
    region: "fra1",
    volumeGiB: 2000,
    sshKeyIds: ["1234567"],
  },
  replication: {
    everyMinutes: 5,
    // Copies within seconds, from primary to secondary; the sweep stays the proof.
    events: true,
    // One pass by many functions side by side, started by hand.
    fanOut: true,
    fanOutObjectsPerSecond: 4000,

    alarmEmails: ["storage-alerts@example.com"],
    slackWorkspaceId: "T0123ABCD",
    slackChannelId: "C0123ABCD",
    // Names of secrets in Secrets Manager, never their values.
    pagerDutySecretName: "storage-failover/pagerduty",
    heartbeatSecretName: "storage-failover/heartbeat",
    otlpEndpoint: "https://otlp.example.com",
    otlpHeadersSecretName: "storage-failover/otlp-headers",
  },
  // Refused at synth when a run every five minutes could not keep it.
  objectives: { rpoSeconds: 360 },
  backend: StateBackend.r2({ accountId, bucket: "example-terraform-state", profile: "r2-state" }),
});
app.synth();
