import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider";
import { App, TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import {
  type ActiveProvider,
  addFailoverChecks,
  FailoverLoadBalancer,
  MinioSecondaryStore,
  type ObjectStore,
  Replicator,
  resolveActiveProvider,
  S3PrimaryStore,
  StateBackend,
} from "../../lib";

const accountId = "00000000000000000000000000000000";
const hostname = "downloads.example.com";
const region = "eu-central-1";
const backend = StateBackend.r2({ accountId, bucket: "example-terraform-state", profile: "r2-state" });

/** The standby runs already: only what edge and replication must know of it, as plain strings. */
const basement: ObjectStore = MinioSecondaryStore.fromEndpoint({
  bucketName: "downloads",
  endpoint: "https://downloads-standby.example.com",
  region: "us-east-1",
  addressStyle: "path",
  originHost: "downloads-standby.example.com",
  credentialsSecretName: "storage-failover/downloads",
  versioned: true,
  healthPath: "/healthy.txt",
  healthBody: "basement is healthy",
});

class DownloadsStore extends TerraformStack {
  public readonly store: S3PrimaryStore;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    backend.attachTo(this);
    new AwsProvider(this, "aws", { region });
    this.store = new S3PrimaryStore(this, "store", {
      bucketName: "example-downloads",
      region,
      longestOutageDays: 14,
    });
  }
}

class DownloadsReplication extends TerraformStack {
  constructor(scope: Construct, id: string, primary: ObjectStore) {
    super(scope, id);
    backend.attachTo(this);
    new AwsProvider(this, "aws", { region });
    new Replicator(this, "replicator", { primary, secondary: basement, hostname, everyMinutes: 2 });
  }
}

class DownloadsEdge extends TerraformStack {
  constructor(scope: Construct, id: string, primary: ObjectStore, activeProvider: ActiveProvider) {
    super(scope, id);
    backend.attachTo(this);
    new CloudflareProvider(this, "cloudflare", {});
    const edge = new FailoverLoadBalancer(this, "downloads", {
      primary,
      secondary: basement,
      activeProvider,
      hostname,
      zoneName: "example.com",
      zoneId: "11111111111111111111111111111111",
      accountId,
      plan: "business",
      checkRegions: ["WEU", "EEU", "ENAM"],
      // The zone has rulesets of its own; indexRewriteRule and its neighbours can be added to them.
      manageZoneRules: false,
    });
    const { worst } = edge.predictRecoveryTime("hanging");
    new TerraformOutput(this, "recovery_seconds_at_worst", { value: worst });
    new TerraformOutput(this, "write_to", { value: edge.active.endpoint });
  }
}

const app = new App();
const { value } = resolveActiveProvider({ context: app.node.tryGetContext("activeProvider") });
const { store } = new DownloadsStore(app, "downloads-store");
// A store is handed over as it is: whatever the others read of it is a plain string, so no stack waits for another.
new DownloadsReplication(app, "downloads-replication", store);
new DownloadsEdge(app, "downloads-edge", store, value);
// What StorageFailover does by itself: a plan that breaks a rule ends the synthesis.
addFailoverChecks(app);
app.synth();
