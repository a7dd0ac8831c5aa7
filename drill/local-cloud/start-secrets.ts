import type { RunningLocalStack } from "./localstack";
import { localStackSecrets } from "./localstack-secrets";
import type { RunningStore } from "./running-store";
import type { SecretStore } from "./secret-store";
import { startSecretsStandIn } from "./secrets-stand-in";

/** Secrets Manager beside the primary: LocalStack's own where that is the primary, a stand-in otherwise. */
export async function startSecrets(primary: RunningStore): Promise<SecretStore> {
  return isLocalStack(primary) ? localStackSecrets(primary) : startSecretsStandIn();
}

function isLocalStack(store: RunningStore): store is RunningLocalStack {
  return store.product === "localstack";
}
