import { S3Client } from "@aws-sdk/client-s3";
import { HttpTransport } from "../../lambda/s3/http-transport";
import type { RunningStore } from "../local-cloud/running-store";

/** What a client must know of a local store; a gateway in front of it is the same with another port. */
export type StoreAccess = Pick<
  RunningStore,
  "storeName" | "host" | "port" | "bucketName" | "region" | "accessKeyId" | "secretAccessKey"
>;

export interface ConnectionSettings {
  /** Connections at once. @default 16 */
  readonly connections?: number;
  /** How often one request is sent before it counts as failed. @default 1 - each outcome is the outcome of one request */
  readonly attempts?: number;
  /** After this long without an answer a request is given up. @default 30 000 */
  readonly requestTimeoutMilliseconds?: number;
}

const SILENCE = () => undefined;

/**
 * A client of the store's S3 API, by the SDK as it is: of replication's own client it shares the transport only, so
 * that the drill does not judge replication by its own means. The caller destroys it.
 */
export function connectStore(store: StoreAccess, settings: ConnectionSettings = {}): S3Client {
  return new S3Client({
    endpoint: `http://${store.host}:${store.port}`,
    region: store.region,
    forcePathStyle: true,
    credentials: { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey },
    maxAttempts: settings.attempts ?? 1,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    expectContinueHeader: false,
    // Every failure reaches the caller; the SDK's own remarks would only disturb the display.
    logger: { debug: SILENCE, info: SILENCE, warn: SILENCE, error: SILENCE },
    requestHandler: new HttpTransport({
      requestTimeoutSeconds: (settings.requestTimeoutMilliseconds ?? 30_000) / 1000,
      maxSockets: settings.connections ?? 16,
    }),
  });
}
