/** The JSON inside a store's Secrets Manager secret. */
export interface StoreCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}
