import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  HeadBucketCommand,
  PutBucketVersioningCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { fromIni, fromNodeProviderChain } from "@aws-sdk/credential-providers";
import { errorName } from "../../drill/machine/caught-error";
import { bucketLabel, isOnR2, type StateBucket } from "./state-place";
import { StepFailedError } from "./step-failed-error";

const TIMEOUT_MILLISECONDS = 30_000;

/** The region whose buckets are made without naming it. */
const UNNAMED_REGIONS: readonly string[] = ["us-east-1", "auto"];

export type BucketState = "there" | "missing";

/** Credentials of a state's bucket, as Terraform would look for them. */
export function bucketCredentials({ profile }: Pick<StateBucket, "profile">) {
  return profile === undefined ? fromNodeProviderChain() : fromIni({ profile });
}

/** The bucket that Terraform keeps its state in, by the S3 API. What goes wrong is told without the server's words, which may repeat a key. */
export class StateBucketAccess {
  private readonly client: S3Client;

  constructor(private readonly place: StateBucket) {
    this.client = new S3Client({
      region: place.region,
      endpoint: place.endpoint,
      forcePathStyle: place.endpoint !== undefined,
      credentials: bucketCredentials(place),
      maxAttempts: 3,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      requestHandler: { connectionTimeout: 10_000, requestTimeout: TIMEOUT_MILLISECONDS },
    });
  }

  /** @throws StepFailedError when it is somebody else's, or cannot be asked for */
  public async look(signal: AbortSignal): Promise<BucketState> {
    try {
      await this.client.send(new HeadBucketCommand({ Bucket: this.place.bucket }), { abortSignal: signal });
      return "there";
    } catch (error) {
      signal.throwIfAborted();
      if (statusOf(error) === 404) return "missing";
      throw this.failure(error, "looked at");
    }
  }

  /**
   * Makes it, with versions of what is overwritten where the server can keep them.
   *
   * @returns whether it keeps versions
   * @throws StepFailedError
   */
  public async create(signal: AbortSignal): Promise<{ readonly versioned: boolean }> {
    const { bucket, region, endpoint } = this.place;
    const named = endpoint === undefined && !UNNAMED_REGIONS.includes(region);
    try {
      await this.client.send(
        new CreateBucketCommand({
          Bucket: bucket,
          ...(named && {
            CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint },
          }),
        }),
        { abortSignal: signal },
      );
    } catch (error) {
      signal.throwIfAborted();
      throw this.failure(error, "created");
    }
    return { versioned: !isOnR2(this.place) && (await this.keepVersions()) };
  }

  public close(): void {
    this.client.destroy();
  }

  private async keepVersions(): Promise<boolean> {
    try {
      await this.client.send(
        new PutBucketVersioningCommand({
          Bucket: this.place.bucket,
          VersioningConfiguration: { Status: "Enabled" },
        }),
      );
      return true;
    } catch {
      // Good to have, and not every server does.
      return false;
    }
  }

  private failure(error: unknown, done: string): StepFailedError {
    const label = bucketLabel(this.place);
    const status = statusOf(error);
    if (status === undefined) {
      return new StepFailedError(
        `the state's bucket ${label} could not be ${done}: ${errorName(error)}`,
        "unreachable",
      );
    }
    const reason = REASONS[status] ?? `the server answered ${status} (${errorName(error)})`;
    return new StepFailedError(
      `the state's bucket ${label} could not be ${done}: ${reason}`,
      status >= 500 ? "unreachable" : "wanting",
    );
  }
}

const REASONS: Readonly<Record<number, string>> = {
  301: "it is in another region, or somebody else's; correct the region, or choose another name",
  401: "the key pair is not valid; make a new one",
  403:
    "it is somebody else's, or the key pair may not do this (on R2 it takes Admin Read & Write to create a bucket; " +
    "Object Read & Write is enough afterwards); choose another name, or correct the key pair",
  409: "the name is taken by somebody else; choose another one",
};

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("$metadata" in error)) return undefined;
  const metadata = error.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}
