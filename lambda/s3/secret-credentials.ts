import type { StoreCredentials } from "../../contract/credentials";
import { CredentialsError } from "./credentials-error";
import type { Credentials, CredentialsSource } from "./credentials-source";
import { samePair } from "./same-pair";
import { type ReadSecret, secretsManager } from "./secrets-manager";

/** How long a pair is used before its secret is read again, in milliseconds: what a rotation takes to arrive unnoticed. */
const LIFETIME_MILLISECONDS = 5 * 60_000;

/** How long a pair that could not be read again is used on before the next attempt, in milliseconds. */
const RETRY_MILLISECONDS = 30_000;

export interface SecretCredentialsOptions {
  /** Reads the text of a secret. @default - Secrets Manager, as the environment configures it */
  readonly readSecret?: ReadSecret;
  /** Milliseconds on a clock that only goes forward. @default performance.now */
  readonly now?: () => number;
}

/**
 * A key pair kept in Secrets Manager, as `{"accessKeyId": …, "secretAccessKey": …}`. It is read when it is first
 * needed and every five minutes; and once more when a store refuses it, however many requests are refused at
 * once. While the secret cannot be read, the pair known last is used on.
 */
export function secretCredentials(
  secretName: string,
  options: SecretCredentialsOptions = {},
): CredentialsSource {
  return new SecretSource(
    secretName,
    options.readSecret ?? secretsManager(),
    options.now ?? (() => performance.now()),
  );
}

class SecretSource implements CredentialsSource {
  // Private to the runtime too: what is printed of a source shows no secret.
  #pair: Credentials | undefined;
  /** The pair after whose refusal the secret was read again, and that reading. */
  #reread: { readonly refused: Credentials; readonly reading: Promise<Credentials | undefined> } | undefined;
  #reading: Promise<Credentials> | undefined;
  private nextReadAt = 0;

  constructor(
    private readonly secretName: string,
    private readonly readSecret: ReadSecret,
    private readonly now: () => number,
  ) {}

  public async current(): Promise<Credentials> {
    if (this.#pair !== undefined && this.now() < this.nextReadAt) return this.#pair;
    this.#reading ??= this.read().finally(() => {
      this.#reading = undefined;
    });
    try {
      return await this.#reading;
    } catch (error) {
      if (this.#pair === undefined) throw error;
      this.nextReadAt = this.now() + RETRY_MILLISECONDS;
      return this.#pair;
    }
  }

  public afterRefusal(refused: Credentials): Promise<Credentials | undefined> {
    if (this.#pair !== undefined && !samePair(this.#pair, refused)) return Promise.resolve(this.#pair);
    if (this.#reread === undefined || !samePair(this.#reread.refused, refused)) {
      this.#reread = { refused, reading: this.readAgain(refused) };
    }
    return this.#reread.reading;
  }

  private async readAgain(refused: Credentials): Promise<Credentials | undefined> {
    try {
      const pair = await this.read();
      return samePair(pair, refused) ? undefined : pair;
    } catch {
      // The refusal is what the caller has to know of.
      return undefined;
    }
  }

  private async read(): Promise<Credentials> {
    const text = await this.secretText();
    const pair = keyPair(text);
    if (pair === undefined) {
      throw new CredentialsError(
        `secret "${this.secretName}" holds no key pair; expected {"accessKeyId", "secretAccessKey"}`,
      );
    }
    this.#pair = pair;
    this.nextReadAt = this.now() + LIFETIME_MILLISECONDS;
    return pair;
  }

  private async secretText(): Promise<string | undefined> {
    try {
      return await this.readSecret(this.secretName);
    } catch (error) {
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      throw new CredentialsError(`secret "${this.secretName}" cannot be read: ${reason}`, { cause: error });
    }
  }
}

function keyPair(text: string | undefined): Credentials | undefined {
  const { accessKeyId, secretAccessKey } = parse(text);
  const isPair = typeof accessKeyId === "string" && typeof secretAccessKey === "string";
  return isPair && accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined;
}

function parse(text: string | undefined): Partial<StoreCredentials> {
  try {
    return (JSON.parse(text ?? "") ?? {}) as Partial<StoreCredentials>;
  } catch {
    return {};
  }
}
