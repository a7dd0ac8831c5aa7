import type { TerraformProvider } from "cdktf";
import type { DeletionMode, S3ClientName } from "../../contract/environment";
import type { ObjectStore } from "../object-store";
import type { LambdaArchitecture } from "./replicator-settings";
import type { ReplicatorWatchingProps } from "./watching-props";

export interface ReplicatorProps extends ReplicatorWatchingProps {
  /** The store named primary, whatever its role. */
  readonly primary: ObjectStore;
  /** The store named secondary, whatever its role. */
  readonly secondary: ObjectStore;
  /** Host name that readers use; the marker's record is found below it. */
  readonly hostname: string;
  /**
   * Minutes between two runs, 1 to 60.
   *
   * @default 5
   */
  readonly everyMinutes?: number;
  /**
   * Minutes that the standby may be behind before people are told.
   *
   * @default - three times `everyMinutes`
   */
  readonly maximumLagMinutes?: number;
  /**
   * Name of the function, its role and its alarms.
   *
   * @default - `storage-failover-<bucket of the primary>`, shortened to 64 characters
   */
  readonly functionName?: string;
  /**
   * Node.js runtime, `nodejs20.x` or newer.
   *
   * @default "nodejs24.x"
   */
  readonly runtime?: string;
  /**
   * Processor of the function, `arm64` or `x86_64`.
   *
   * @default "arm64"
   */
  readonly architecture?: LambdaArchitecture;
  /**
   * Memory of the function in MiB, 128 to 10,240; processor time grows with it.
   *
   * @default 1024
   */
  readonly memoryMiB?: number;
  /**
   * Seconds after which a run is cut off, 60 to 900, which is Lambda's limit. A run ends by itself before that, and the next
   * one goes on where it ended. It may be longer than `everyMinutes`: two runs at a time are safe, because every
   * write is conditional, and only do some reading twice.
   *
   * @default 840
   */
  readonly timeoutSeconds?: number;
  /**
   * How many runs there may be at a time. 1 spares the reading of overlapping runs; it takes that share of the account's
   * quota, and accounts with the smallest quota cannot reserve any.
   *
   * @default - none reserved
   */
  readonly reservedConcurrency?: number;
  /**
   * Days that logs are kept; one of the numbers that CloudWatch offers.
   *
   * @default 30
   */
  readonly logRetentionDays?: number;
  /**
   * DNS-over-HTTPS resolvers (JSON) that must agree on the marker; two, of different operators.
   *
   * @default - Cloudflare's and Google's
   */
  readonly resolvers?: readonly string[];
  /**
   * Seconds for which one reading of the marker may be acted on; part of the fence after a flip.
   *
   * @default 20
   */
  readonly markerHoldSeconds?: number;
  /**
   * Seconds after which a request to a store is given up; part of the fence after a flip.
   *
   * @default 30
   */
  readonly requestTimeoutSeconds?: number;
  /**
   * What is done about an object that was deleted on the active store, where its history proves that: `markers` places a
   * delete marker on the standby, which can be undone; `off` only reports it.
   *
   * @default "markers"
   */
  readonly deletions?: DeletionMode;
  /**
   * Deletions that one run may replicate, 0 to 1,000,000. If it finds more, it places none and fails, so that people look
   * first.
   *
   * @default 1000
   */
  readonly maximumDeletions?: number;
  /**
   * The same as a share of the standby's objects, 0 to 100; ten are allowed whatever their share.
   *
   * @default 10
   */
  readonly maximumDeletionsPercent?: number;
  /**
   * Which client reads and writes the stores: `thin`, the package's own, or `sdk`, the AWS SDK's, which does the same and
   * takes several times the processor time.
   *
   * @default "thin"
   */
  readonly s3Client?: S3ClientName;
  /**
   * Whether objects written to the primary are copied within seconds, by events of its bucket: Amazon S3 only, and the
   * replicator in the bucket's region. They speed up the direction from primary to secondary; while the secondary is
   * active, and for deletions always, the sweep works alone.
   *
   * @default false
   */
  readonly events?: boolean;
  /**
   * Invocations at a time that events may cause, 2 to 1,000.
   *
   * @default 5
   */
  readonly eventsMaximumConcurrency?: number;
  /**
   * Seconds after which the copying of a batch of events is cut off, 60 to 900. An object that takes longer is left to the
   * sweep.
   *
   * @default 300
   */
  readonly eventsTimeoutSeconds?: number;
  /**
   * How often an event is tried before it goes to the dead-letter queue, 1 to 1,000.
   *
   * @default 5
   */
  readonly eventsMaximumReceives?: number;
  /**
   * Whether there is a state machine that does one pass over all keys with many functions side by side, started by hand: to
   * seed a large bucket, or to catch up after a long outage.
   *
   * @default false
   */
  readonly fanOut?: boolean;
  /**
   * Small objects a second that a fan-out shall give the standby at most, about, 1 to 100,000. One function does about 500, so
   * there are a 500th as many at a time.
   *
   * @default 2000
   */
  readonly fanOutObjectsPerSecond?: number;
  /**
   * Share of a fan-out's ranges, 0 to 100, that may fail before the rest is given up.
   *
   * @default 5
   */
  readonly fanOutToleratedFailurePercent?: number;
  /**
   * ARN of a customer's KMS key for the functions' environment and logs, the queues and the alarms' topic; not an alias. Its key
   * policy must let use it, or what is encrypted with it stops without a word: `logs.<region>.amazonaws.com` (Encrypt, Decrypt,
   * ReEncrypt, GenerateDataKey, Describe), `events.amazonaws.com` and `cloudwatch.amazonaws.com` (Decrypt, GenerateDataKey).
   * CloudWatch cannot publish to a topic that is encrypted with the key `alias/aws/sns`, which AWS manages.
   *
   * @default - keys that AWS manages for environment, logs and queues; the topic, whose messages hold no secret, is not encrypted
   */
  readonly encryptionKeyArn?: string;
  /**
   * Whether runs, and fan-outs, are traced by AWS X-Ray: how long what took. X-Ray knows no resources, so that the roles
   * get its actions on all of them, and it bills each trace.
   *
   * @default false
   */
  readonly tracing?: boolean;
  /**
   * Zip with the functions' code.
   *
   * @default - the one that comes with this package
   */
  readonly assetPath?: string;
  /**
   * Tags of the function, its role, log group, rule and alarms.
   *
   * @default - the provider's default tags only
   */
  readonly tags?: Readonly<Record<string, string>>;
  /** @default - the stack's only `aws` provider */
  readonly provider?: TerraformProvider;
}
