import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider";
import { Ruleset, type RulesetRules } from "@cdktf/provider-cloudflare/lib/ruleset";
import { App, TerraformStack } from "cdktf";
import {
  cacheBypassRule,
  cacheRule,
  indexRewriteRule,
  resolveActiveProvider,
  StateBackend,
  StorageFailover,
  stampRemovalRule,
} from "../../lib";

const accountId = "00000000000000000000000000000000";
const zoneId = "11111111111111111111111111111111";
const backend = StateBackend.r2({ accountId, bucket: "example-terraform-state", profile: "r2-state" });

/** What the pairs of stores differ in. */
const PAIRS = {
  images: { volumeGiB: 200 },
  videos: { volumeGiB: 2000 },
};

const app = new App();
const { value: activeProvider } = resolveActiveProvider({
  context: app.node.tryGetContext("activeProvider"),
});
for (const [name, { volumeGiB }] of Object.entries(PAIRS)) {
  new StorageFailover(app, name, {
    activeProvider,
    stackNamePrefix: name,
    hostname: `${name}.example.com`,
    zoneName: "example.com",
    zoneId,
    accountId,
    primary: { bucketName: `example-${name}-primary`, region: "eu-central-1" },
    secondary: {
      bucketName: `${name}-standby`,
      originHost: `${name}-standby.example.com`,
      region: "fra1",
      volumeGiB,
      sshKeyIds: ["1234567"],
    },
    // Cloudflare keeps one ruleset a phase and zone: the stack below has those of both host names.
    edge: { manageZoneRules: false },
    backend,
  });
}

const zone = new TerraformStack(app, "zone-rules");
backend.attachTo(zone);
new CloudflareProvider(zone, "cloudflare", {});

/** Rules for each host name, as the team's own rules would stand beside them. */
const forEachName = (...rules: readonly ((hostname: string) => RulesetRules)[]): RulesetRules[] =>
  Object.keys(PAIRS).flatMap((name) => rules.map((rule) => rule(`${name}.example.com`)));

const PHASES = {
  http_request_transform: forEachName(indexRewriteRule),
  http_response_headers_transform: forEachName(stampRemovalRule),
  // The last rule that matches wins: health and state after the cache's own rule.
  http_request_cache_settings: forEachName((hostname) => cacheRule(hostname), cacheBypassRule),
};
for (const [phase, rules] of Object.entries(PHASES)) {
  new Ruleset(zone, phase, { zoneId, kind: "zone", phase, name: `example.com ${phase}`, rules });
}
app.synth();
