import { App, TerraformVariable } from "cdktf";
import { resolveActiveProvider, StateBackend, StorageFailover } from "../../lib";

const accountId = "00000000000000000000000000000000";

const app = new App();
const { primary, secondary, replication, edge } = new StorageFailover(app, "failover", {
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
  // The secret gets into the state by nature: a reason to encrypt it.
  useOriginSecret: true,
  backend: StateBackend.r2({ accountId, bucket: "example-terraform-state", profile: "r2-state" }),
});

// OpenTofu's own, for which CDKTF has no construct: Terraform refuses a stack that asks for it.
for (const stack of [primary, secondary, replication, edge]) {
  const passphrase = new TerraformVariable(stack, "state_passphrase", {
    type: "string",
    sensitive: true,
    nullable: false,
    description: "At least 16 characters; without it, nobody can read the state",
  });
  stack.addOverride("terraform.encryption", {
    key_provider: { pbkdf2: { passphrase: { passphrase: passphrase.stringValue } } },
    method: { aes_gcm: { passphrase: { keys: "${key_provider.pbkdf2.passphrase}" } } },
    // A bare reference, unlike the others: OpenTofu takes no template here.
    state: { method: "method.aes_gcm.passphrase", enforced: true },
    plan: { method: "method.aes_gcm.passphrase", enforced: true },
  });
}
app.synth();
