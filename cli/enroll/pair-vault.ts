import type { SecretsManagerClient, SecretsManagerServiceException } from "@aws-sdk/client-secrets-manager";
import type { StoreCredentials } from "../../contract/credentials";
import { errorName, errorReason } from "../../drill/machine/caught-error";
import { withoutSecrets } from "../../lambda/s3/without-secrets";

/** Where the functions read the store's key pair: one secret. */
export interface PairVault {
  /** Undefined when there is no such secret, or none of its values is a pair. */
  read(): Promise<StoreCredentials | undefined>;
  /** Resolves when the service has taken it; the value before remains as `AWSPREVIOUS`. */
  write(pair: StoreCredentials): Promise<"created" | "updated">;
  close(): void;
}

/** Secrets Manager could not be asked, or refused. */
export class VaultError extends Error {
  public override readonly name = "VaultError";

  /** @param refused - by the service itself, so that nothing was changed; else that is not known */
  constructor(
    message: string,
    public readonly refused: boolean,
  ) {
    super(message);
  }
}

export interface VaultOptions {
  /** Name or ARN. */
  readonly secretName: string;
  /** @default - as the AWS SDK finds it */
  readonly region?: string;
  /** Of a secret that has to be made. */
  readonly description: string;
}

/** A service that hangs must not hang the command. */
const LIMITS = { requestHandler: { connectionTimeout: 5_000, requestTimeout: 15_000 } };

const TAGS = [{ Key: "managed-by", Value: "storage-failover" }];

/** The pair in AWS Secrets Manager, with the credentials that the AWS SDK finds. */
export async function secretsManagerVault(options: VaultOptions): Promise<PairVault> {
  const sdk = await import("@aws-sdk/client-secrets-manager");
  const { secretName: SecretId, region, description: Description } = options;
  const client = new sdk.SecretsManagerClient({ ...LIMITS, ...(region !== undefined && { region }) });
  const ask = async <T>(doing: string, request: Promise<T>, sent?: StoreCredentials): Promise<T> => {
    try {
      return await request;
    } catch (error) {
      // The caller tells these two apart; every other error is put into words that repeat nothing.
      if (error instanceof sdk.ResourceNotFoundException) throw error;
      throw await vaultError(`${doing} secret "${SecretId}"`, error, client, sent);
    }
  };
  return {
    read: async () => {
      try {
        const command = new sdk.GetSecretValueCommand({ SecretId });
        return storedPair((await ask("reading", client.send(command))).SecretString);
      } catch (error) {
        if (error instanceof sdk.ResourceNotFoundException) return undefined;
        throw error;
      }
    },
    write: async ({ accessKeyId, secretAccessKey }) => {
      const pair = { accessKeyId, secretAccessKey };
      const SecretString = JSON.stringify(pair);
      try {
        await ask("writing", client.send(new sdk.PutSecretValueCommand({ SecretId, SecretString })), pair);
        return "updated";
      } catch (error) {
        if (!(error instanceof sdk.ResourceNotFoundException)) throw error;
        const command = new sdk.CreateSecretCommand({
          Name: SecretId,
          SecretString,
          Description,
          Tags: TAGS,
        });
        await ask("creating", client.send(command), pair);
        return "created";
      }
    },
    close: () => client.destroy(),
  };
}

/** The SDK's own error keeps request and answer, in which secrets stand. */
async function vaultError(
  what: string,
  error: unknown,
  client: SecretsManagerClient,
  sent: StoreCredentials | undefined,
): Promise<VaultError> {
  const signedWith = await client.config.credentials().catch(() => undefined);
  const known = [sent, signedWith].filter((pair) => pair !== undefined);
  const clean = (text: string) => {
    const cleaned = known.reduce((rest, pair) => withoutSecrets(rest, pair), text);
    // The server that the new pair is for may let in whoever knows its id (CVE-2026-41145).
    return sent === undefined ? cleaned : cleaned.replaceAll(sent.accessKeyId, "…");
  };
  return new VaultError(
    `${what} failed: ${clean(errorName(error))}: ${clean(errorReason(error))}`,
    wasRefused(error),
  );
}

function wasRefused(error: unknown): boolean {
  const { httpStatusCode } = (error as Partial<SecretsManagerServiceException>).$metadata ?? {};
  return httpStatusCode !== undefined && httpStatusCode >= 400 && httpStatusCode < 500;
}

function storedPair(text: string | undefined): StoreCredentials | undefined {
  const { accessKeyId, secretAccessKey } = parsed(text);
  const isPair = typeof accessKeyId === "string" && typeof secretAccessKey === "string";
  return isPair && accessKeyId !== "" && secretAccessKey !== ""
    ? { accessKeyId, secretAccessKey }
    : undefined;
}

function parsed(text: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
