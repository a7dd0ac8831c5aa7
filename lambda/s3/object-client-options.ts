import type { CredentialsSource } from "./credentials-source";

/** Where a bucket is, and how it is reached: the same for every implementation of `ObjectClient`. */
export interface ObjectClientOptions {
  /** S3 API base URL, without the bucket: `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  /** Region that requests are signed for. */
  readonly region: string;
  readonly bucket: string;
  /** Whether the bucket stands in the host name or is the first path segment. */
  readonly addressStyle: "virtual" | "path";
  readonly credentials: CredentialsSource;
  /**
   * Seconds after which a request is given up: its answer, or any pause in a streamed body.
   *
   * @default REQUEST_TIMEOUT_SECONDS
   */
  readonly requestTimeoutSeconds?: number;
  /** Connections kept open at most; further requests wait for one. @default 256 */
  readonly maxSockets?: number;
  /**
   * PEM certificates of authorities to trust beside the usual ones. The server's certificate is always verified.
   *
   * @default - the usual ones
   */
  readonly certificateAuthorities?: string;
}
