import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import type { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { Annotations, AssetType, TerraformAsset, type TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import {
  DEFAULT_RESOLVERS,
  DELETION_MODES,
  type DeletionMode,
  S3_CLIENT_NAMES,
  type S3ClientName,
} from "../../contract/environment";
import { HANDLERS } from "../../contract/handlers";
import { MARKER_HOLD_SECONDS, REQUEST_TIMEOUT_SECONDS } from "../../contract/marker";
import type { ObjectStore } from "../object-store";
import { boundedName } from "../private/bounded-name";
import { checkHostName } from "../private/host-name";
import { checkOneOf } from "../private/one-of";
import { checkStorePair } from "../private/store-pair";
import { checkWholeNumber } from "../private/whole-number";
import { ReplicatorAlarms } from "./replicator-alarms";
import { replicatorCode } from "./replicator-code";
import { replicatorEnvironment } from "./replicator-environment";
import { ReplicatorEvents } from "./replicator-events";
import { ReplicatorFanOut } from "./replicator-fan-out";
import { createReplicatorFunction, type ReplicatorFunctionSettings } from "./replicator-function";
import {
  ARCHITECTURES,
  checkEmails,
  checkLogRetention,
  checkResolvers,
  checkRuntime,
  checkSendsEvents,
  type LambdaArchitecture,
  NAME_CHARACTERS,
  NUMBER_RANGES,
} from "./replicator-settings";

export interface ReplicatorProps {
  readonly primary: ObjectStore;
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
   * Addresses that alarms are mailed to; each must confirm once.
   *
   * @default - alarms change their state and tell nobody
   */
  readonly alarmEmails?: readonly string[];
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

/**
 * Keeps the standby equal to the active store: a function that runs on a schedule and obeys the marker it reads
 * then, not what it was deployed with.
 *
 * @throws ConfigurationError STORES_NOT_DISTINCT, NUMBER_OUT_OF_RANGE, VALUE_INVALID, ASSET_MISSING
 */
export class Replicator extends Construct {
  public readonly logGroup: CloudwatchLogGroup;
  public readonly role: IamRole;
  public readonly rolePolicy: IamRolePolicy;
  public readonly function: LambdaFunction;
  public readonly eventInvokeConfig: LambdaFunctionEventInvokeConfig;
  public readonly schedule: CloudwatchEventRule;
  public readonly scheduleTarget: CloudwatchEventTarget;
  public readonly schedulePermission: LambdaPermission;
  public readonly alarms: ReplicatorAlarms;
  /** Only with `events`. */
  public readonly events?: ReplicatorEvents;
  /** Only with `fanOut`. */
  public readonly fanOut?: ReplicatorFanOut;

  constructor(scope: Construct, id: string, props: ReplicatorProps) {
    super(scope, id);
    this.checkProps(props);

    const { provider, tags } = props;
    const functionName =
      props.functionName ?? boundedName(`storage-failover-${props.primary.bucketName}`, NAME_CHARACTERS);
    const everyMinutes = props.everyMinutes ?? 5;
    const timeoutSeconds = props.timeoutSeconds ?? 840;

    const settings = this.functionSettings(props);
    const sweep = createReplicatorFunction(this, settings, {
      functionName,
      description: `keeps ${props.primary.bucketName} and ${props.secondary.bucketName} equal`,
      handler: HANDLERS.sweep,
      timeoutSeconds,
      reservedConcurrency: props.reservedConcurrency,
    });
    this.logGroup = sweep.logGroup;
    this.role = sweep.role;
    this.rolePolicy = sweep.rolePolicy;
    this.function = sweep.function;
    this.eventInvokeConfig = new LambdaFunctionEventInvokeConfig(this, "event-invoke-config", {
      functionName: this.function.functionName,
      // The next run does what a failed one left; a retry would only overlap with it.
      maximumRetryAttempts: 0,
      maximumEventAgeInSeconds: Math.max(60, everyMinutes * 60),
      provider,
    });
    this.schedule = new CloudwatchEventRule(this, "schedule", {
      name: functionName,
      description: "starts a replication run",
      scheduleExpression: everyMinutes === 1 ? "rate(1 minute)" : `rate(${everyMinutes} minutes)`,
      tags,
      provider,
    });
    this.schedulePermission = new LambdaPermission(this, "schedule-permission", {
      action: "lambda:InvokeFunction",
      functionName: this.function.functionName,
      principal: "events.amazonaws.com",
      sourceArn: this.schedule.arn,
      provider,
    });
    this.scheduleTarget = new CloudwatchEventTarget(this, "schedule-target", {
      rule: this.schedule.name,
      arn: this.function.arn,
      targetId: "replicator",
      retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
      provider,
      dependsOn: [this.schedulePermission],
    });
    this.alarms = new ReplicatorAlarms(this, "alarms", {
      functionName,
      bucketName: props.primary.bucketName,
      everyMinutes,
      timeoutSeconds,
      maximumLagMinutes: props.maximumLagMinutes ?? 3 * everyMinutes,
      emails: props.alarmEmails ?? [],
      tags,
      provider,
    });
    ({ events: this.events, fanOut: this.fanOut } = this.createDrivers(functionName, settings, props));
    this.warnOfUnversioned(props.primary, props.secondary);
  }

  private warnOfUnversioned(...stores: readonly ObjectStore[]): void {
    for (const { storeName, bucketName } of stores.filter(({ versioned }) => !versioned)) {
      Annotations.of(this).addWarning(
        `the ${storeName} store ${bucketName} keeps no versions: nothing can be undone there, so that only absent objects ` +
          "are copied to it and its replicas overwritten; nothing is deleted, and conflicts cannot be told by history",
      );
    }
  }

  private checkProps(props: ReplicatorProps): void {
    const path = (prop: keyof ReplicatorProps) => `${this.node.path}/${prop}`;
    checkHostName(props.hostname, path("hostname"));
    checkStorePair(props, props.hostname, this.node.path);
    for (const [prop, range] of NUMBER_RANGES) {
      const value = props[prop];
      if (value !== undefined) {
        checkWholeNumber(value, range, path(prop));
      }
    }
    checkRuntime(props.runtime ?? "nodejs24.x", path("runtime"));
    checkOneOf(props.architecture ?? "arm64", ARCHITECTURES, path("architecture"), {
      what: "Lambda has no such architecture",
      fix: 'use "arm64"',
    });
    checkLogRetention(props.logRetentionDays ?? 30, path("logRetentionDays"));
    checkResolvers(props.resolvers ?? DEFAULT_RESOLVERS, path("resolvers"));
    checkEmails(props.alarmEmails ?? [], path("alarmEmails"));
    checkOneOf(props.deletions ?? "markers", DELETION_MODES, path("deletions"), {
      what: "there is no such way to treat deletions",
      fix: 'use "markers", or "off" to have them reported only',
    });
    checkOneOf(props.s3Client ?? "thin", S3_CLIENT_NAMES, path("s3Client"), {
      what: "there is no such S3 client",
      fix: 'use "thin"',
    });
    if (props.events === true) {
      checkSendsEvents(props.primary, path("events"));
    }
  }

  private functionSettings(props: ReplicatorProps): ReplicatorFunctionSettings {
    const code = replicatorCode(props.assetPath, `${this.node.path}/assetPath`);
    const asset = new TerraformAsset(this, "code", { path: code.path, type: AssetType.FILE });
    return {
      filename: asset.path,
      sourceCodeHash: code.sourceCodeHash,
      runtime: props.runtime ?? "nodejs24.x",
      architecture: props.architecture ?? "arm64",
      memoryMiB: props.memoryMiB ?? 1024,
      environment: replicatorEnvironment({
        primary: props.primary,
        secondary: props.secondary,
        hostname: props.hostname,
        resolvers: props.resolvers ?? DEFAULT_RESOLVERS,
        markerHoldSeconds: props.markerHoldSeconds ?? MARKER_HOLD_SECONDS,
        requestTimeoutSeconds: props.requestTimeoutSeconds ?? REQUEST_TIMEOUT_SECONDS,
        deletions: props.deletions,
        maximumDeletions: props.maximumDeletions,
        maximumDeletionsPercent: props.maximumDeletionsPercent,
        s3Client: props.s3Client,
      }),
      stores: [props.primary, props.secondary],
      logRetentionDays: props.logRetentionDays ?? 30,
      tags: props.tags,
      provider: props.provider,
    };
  }

  private createDrivers(
    name: string,
    settings: ReplicatorFunctionSettings,
    props: ReplicatorProps,
  ): { readonly events?: ReplicatorEvents; readonly fanOut?: ReplicatorFanOut } {
    const alarmActions = this.alarms.topic && [this.alarms.topic.arn];
    const events =
      props.events === true
        ? new ReplicatorEvents(this, "events", {
            name,
            settings,
            primary: props.primary,
            maximumConcurrency: props.eventsMaximumConcurrency ?? 5,
            timeoutSeconds: props.eventsTimeoutSeconds ?? 300,
            maximumReceives: props.eventsMaximumReceives ?? 5,
            alarmActions,
          })
        : undefined;
    const fanOut =
      props.fanOut === true
        ? new ReplicatorFanOut(this, "fan-out", {
            name,
            settings,
            objectsPerSecond: props.fanOutObjectsPerSecond ?? 2000,
            timeoutSeconds: props.timeoutSeconds ?? 840,
            toleratedFailurePercent: props.fanOutToleratedFailurePercent ?? 5,
            alarmActions,
          })
        : undefined;
    return { events, fanOut };
  }
}
