import type { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { withoutSecrets } from "./without-secrets";

/** Reads the text of a secret by its name. */
export type ReadSecret = (secretName: string) => Promise<string | undefined>;

/** A service that hangs must not hang the run. */
const LIMITS = { requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000 } };

/**
 * The SDK is loaded with the first reading, and only where something is kept in a secret.
 *
 * @param region - of the secrets @default - as the SDK finds it
 */
export function secretsManager(region?: string): ReadSecret {
  let client: SecretsManagerClient | undefined;
  return async (secretName) => {
    const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
    client ??= new SecretsManagerClient({ ...LIMITS, ...(region !== undefined && { region }) });
    try {
      return (await client.send(new GetSecretValueCommand({ SecretId: secretName }))).SecretString;
    } catch (error) {
      throw await withoutAnswer(error, client);
    }
  };
}

/** The SDK's error in other words: its own keeps the answer, which may repeat the pair that the request was signed with. */
async function withoutAnswer(error: unknown, client: SecretsManagerClient): Promise<Error> {
  if (!(error instanceof Error)) return new Error("the SDK gave no reason");
  const signedWith = await client.config.credentials().catch(() => undefined);
  const clean = (text: string) => (signedWith === undefined ? text : withoutSecrets(text, signedWith));
  return Object.assign(new Error(clean(error.message)), { name: clean(error.name) });
}
