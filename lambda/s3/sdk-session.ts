import { Readable } from "node:stream";
import { S3Client } from "@aws-sdk/client-s3";
import { REQUEST_TIMEOUT_SECONDS } from "../../contract/marker";
import { HttpTransport } from "./http-transport";
import type { ObjectClientOptions } from "./object-client-options";
import type { RequestDescription } from "./request-failure";
import { toStoreError } from "./sdk-error";
import { signWithSource } from "./sdk-signing";

const nothing = () => {};

/** Failures are thrown; without this the SDK writes some to the console too. */
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** What all requests of one client share: the SDK's client as we use it, and the way in which failures come out. */
export class SdkSession {
  public readonly bucket: string;
  public readonly client: S3Client;

  constructor(options: ObjectClientOptions) {
    this.bucket = options.bucket;
    this.client = new S3Client({
      endpoint: options.endpoint,
      region: options.region,
      forcePathStyle: options.addressStyle === "path",
      // The SDK wants to know of some; what signs is below.
      credentials: async () => ({ ...(await options.credentials.current()) }),
      maxAttempts: 1,
      logger: SILENT,
      // The default trailers (aws-chunked) break S3-compatible servers; Content-MD5 does the job here.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      expectContinueHeader: false,
      requestHandler: new HttpTransport({
        requestTimeoutSeconds: options.requestTimeoutSeconds ?? REQUEST_TIMEOUT_SECONDS,
        maxSockets: options.maxSockets ?? 256,
        certificateAuthorities: options.certificateAuthorities,
      }),
    });
    signWithSource(this.client, options.credentials, options.region);
  }

  public describe(operation: string, key?: string): RequestDescription {
    return { operation, bucket: this.bucket, key };
  }

  /** @param body - is destroyed when the work fails, even before it was sent */
  public async perform<T>(
    request: RequestDescription,
    work: () => Promise<T>,
    body?: Buffer | Readable,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (body instanceof Readable) body.destroy();
      throw toStoreError(error, request);
    }
  }
}
