import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import type { StoreCredentials } from "../../contract/credentials";

/** How long a key pair is used before its secret is read again: what a rotation takes to arrive. */
const SECRET_LIFETIME_MILLISECONDS = 5 * 60_000;

/** The secret cannot be used; its content is never part of the message. */
export class CredentialsError extends Error {
  public override readonly name = "CredentialsError";
}

/** A credential provider, as the AWS SDK calls it: asked again when what it gave has expired. */
export type CredentialsProvider = () => Promise<StoreCredentials & { readonly expiration: Date }>;

/** Reads a store's key pair from Secrets Manager, as `{"accessKeyId": …, "secretAccessKey": …}`. */
export function credentialsFromSecret(
  secretName: string,
  secrets = new SecretsManagerClient(),
): CredentialsProvider {
  return async () => {
    const { SecretString } = await readSecret(secrets, secretName);
    const expiration = new Date(Date.now() + SECRET_LIFETIME_MILLISECONDS);
    return { ...keyPair(secretName, SecretString), expiration };
  };
}

async function readSecret(secrets: SecretsManagerClient, secretName: string) {
  try {
    return await secrets.send(new GetSecretValueCommand({ SecretId: secretName }));
  } catch (error) {
    // Told apart from an answer of the store, whose request this error would otherwise seem to belong to.
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new CredentialsError(`secret "${secretName}" cannot be read: ${reason}`, { cause: error });
  }
}

function keyPair(secretName: string, text: string | undefined): StoreCredentials {
  const { accessKeyId, secretAccessKey } = parse(text);
  if (
    typeof accessKeyId === "string" &&
    typeof secretAccessKey === "string" &&
    accessKeyId &&
    secretAccessKey
  ) {
    return { accessKeyId, secretAccessKey };
  }
  throw new CredentialsError(
    `secret "${secretName}" holds no key pair; expected {"accessKeyId", "secretAccessKey"}`,
  );
}

function parse(text: string | undefined): Partial<StoreCredentials> {
  try {
    return (JSON.parse(text ?? "") ?? {}) as Partial<StoreCredentials>;
  } catch {
    return {};
  }
}
