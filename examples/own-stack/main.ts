import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider";
import { App, TerraformOutput, TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import {
  type ActiveProvider,
  FailoverLoadBalancer,
  type ObjectStore,
  resolveActiveProvider,
  StateBackend,
} from "../../lib";

/** Two stores that a team runs already: only what the edge must know of them, as plain strings. */
const frankfurt: ObjectStore = {
  storeName: "primary",
  bucketName: "example-downloads",
  region: "eu-central-1",
  endpoint: "https://s3.eu-central-1.amazonaws.com",
  addressStyle: "virtual",
  originHost: "example-downloads.s3.eu-central-1.amazonaws.com",
  versioned: true,
  healthPath: "/healthy.txt",
  healthBody: "frankfurt is healthy",
};

const basement: ObjectStore = {
  storeName: "secondary",
  bucketName: "downloads",
  region: "us-east-1",
  endpoint: "https://downloads-standby.example.com",
  addressStyle: "path",
  originHost: "downloads-standby.example.com",
  versioned: true,
  healthPath: "/healthy.txt",
  healthBody: "basement is healthy",
};

/** The team's own stack, with the edge as one part of it. */
class DownloadsEdge extends TerraformStack {
  constructor(scope: Construct, id: string, activeProvider: ActiveProvider) {
    super(scope, id);
    StateBackend.local().attachTo(this);
    new CloudflareProvider(this, "cloudflare", {});
    const edge = new FailoverLoadBalancer(this, "downloads", {
      primary: frankfurt,
      secondary: basement,
      activeProvider,
      hostname: "downloads.example.com",
      zoneName: "example.com",
      zoneId: "11111111111111111111111111111111",
      accountId: "00000000000000000000000000000000",
      plan: "business",
      checkRegions: ["WEU", "EEU", "ENAM"],
      // The zone has rulesets of its own; indexRewriteRule and stampRemovalRule can be added to them.
      manageZoneRules: false,
    });
    const { worst } = edge.predictRecoveryTime("refusing");
    new TerraformOutput(this, "recovery_seconds_at_worst", { value: worst });
    new TerraformOutput(this, "write_to", { value: edge.active.endpoint });
  }
}

const app = new App();
const { value } = resolveActiveProvider({ context: app.node.tryGetContext("activeProvider") });
new DownloadsEdge(app, "downloads-edge", value);
app.synth();
