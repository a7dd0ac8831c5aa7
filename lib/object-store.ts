import type { StoreName } from "../contract/stores";

/** How a bucket is addressed in requests to the S3 API: in the host name, or as the first path segment. */
export type AddressStyle = "virtual" | "path";

/**
 * What the edge and replication must know of a store. Every value is a plain string known at synth,
 * so that stacks can exchange it without a reference from one state to another.
 */
export interface ObjectStore {
  /** The store's fixed name, whatever its role. */
  readonly storeName: StoreName;
  /** The bucket, on the server that `endpoint` names. */
  readonly bucketName: string;
  /** Region that requests are signed for. */
  readonly region: string;
  /** Base URL of the S3 API, without the bucket: `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  /** How requests to `endpoint` name the bucket. */
  readonly addressStyle: AddressStyle;
  /** Host name that serves anonymous reads as `https://<originHost>/<key>`; sent as Host header too. */
  readonly originHost: string;
  /**
   * Name of the Secrets Manager secret that holds the store's key pair.
   *
   * @default - the replicator's role grants access
   */
  readonly credentialsSecretName?: string;
  /**
   * ARN of the customer's KMS key that encrypts the objects: who reads or writes them must be allowed to use it.
   *
   * @default - the store encrypts with keys of its own, or not at all
   */
  readonly encryptionKeyArn?: string;
  /** Whether the bucket keeps old versions, so that whatever replication does can be undone. */
  readonly versioned: boolean;
  /** Path of the health object on `originHost`, with a leading slash. */
  readonly healthPath: string;
  /** What the health object says. */
  readonly healthBody: string;
}
