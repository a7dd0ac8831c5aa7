import type { StoreCredentials } from "../../contract/credentials";

/** What stands for AWS Secrets Manager on this machine: functions read the stores' key pairs from it. */
export interface SecretStore {
  /** Base URL for Secrets Manager's clients. */
  readonly endpoint: string;
  /** Keeps the key pair under the name; a later one replaces it. */
  put(name: string, credentials: StoreCredentials): Promise<void>;
  /** Forgets what was put. Safe to call twice. */
  stop(): Promise<void>;
}
