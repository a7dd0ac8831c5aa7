import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import type { RunningLocalStack } from "./localstack";
import type { SecretStore } from "./secret-store";

/** LocalStack's own Secrets Manager, in the region of its store. `stop` removes what was put. */
export function localStackSecrets(
  localStack: Pick<RunningLocalStack, "endpoint" | "region" | "accessKeyId" | "secretAccessKey">,
): SecretStore {
  const { endpoint, region, accessKeyId, secretAccessKey } = localStack;
  const client = new SecretsManagerClient({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
  });
  const names = new Set<string>();
  return {
    endpoint,
    put: async (Name, { accessKeyId: id, secretAccessKey: key }) => {
      const SecretString = JSON.stringify({ accessKeyId: id, secretAccessKey: key });
      try {
        await client.send(new CreateSecretCommand({ Name, SecretString }));
        names.add(Name);
      } catch (error) {
        if (!(error instanceof ResourceExistsException)) {
          throw error;
        }
        await client.send(new PutSecretValueCommand({ SecretId: Name, SecretString }));
      }
    },
    stop: async () => {
      for (const SecretId of names) {
        names.delete(SecretId);
        await client.send(new DeleteSecretCommand({ SecretId, ForceDeleteWithoutRecovery: true }));
      }
      client.destroy();
    },
  };
}
