import { DnsRecord } from "@cdktf/provider-cloudflare/lib/dns-record";
import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider";
import { App } from "cdktf";
import { resolveActiveProvider, S3PrimaryStore, StateBackend, StorageFailover } from "../../lib";

const accountId = "00000000000000000000000000000000";
const zoneId = "11111111111111111111111111111111";
const cloudfrontAlias = "reports-origin.example.com";

const app = new App();
const { primary, primaryStore } = new StorageFailover(app, "failover", {
  activeProvider: resolveActiveProvider({ context: app.node.tryGetContext("activeProvider") }).value,
  hostname: "reports.example.com",
  zoneName: "example.com",
  zoneId,
  accountId,
  primary: {
    bucketName: "example-reports-primary",
    region: "eu-central-1",
    originAccess: "cloudfront",
    cloudfrontAlias,
    // In us-east-1, where CloudFront looks for certificates.
    cloudfrontCertificateArn:
      "arn:aws:acm:us-east-1:111122223333:certificate/00000000-0000-0000-0000-000000000000",
    encryptionKeyArn: "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000000",
  },
  secondary: {
    bucketName: "reports-standby",
    originHost: "reports-standby.example.com",
    region: "fra1",
    volumeGiB: 100,
    sshKeyIds: ["1234567"],
  },
  // Anybody can reach a distribution: it answers those who send the secret.
  useOriginSecret: true,
  backend: StateBackend.r2({ accountId, bucket: "example-terraform-state", profile: "r2-state" }),
});

// The distribution's own name is known after deployment only. So the alias is made where that name is, in the primary's
// stack, and the edge is told the alias: a plain string, for which it asks neither AWS nor this state.
const distribution =
  primaryStore instanceof S3PrimaryStore ? primaryStore.cloudfront?.distribution : undefined;
if (distribution !== undefined) {
  new CloudflareProvider(primary, "cloudflare", {});
  new DnsRecord(primary, "origin-alias", {
    zoneId,
    name: cloudfrontAlias,
    type: "CNAME",
    content: distribution.domainName,
    ttl: 60,
    // The load balancer does not take a proxied name as origin.
    proxied: false,
  });
}
app.synth();
