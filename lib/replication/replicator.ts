import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import { AssetType, TerraformAsset, type TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { DEFAULT_RESOLVERS } from "../../contract/environment";
import { MARKER_HOLD_SECONDS, REQUEST_TIMEOUT_SECONDS } from "../../contract/marker";
import type { ObjectStore } from "../object-store";
import { boundedName } from "../private/bounded-name";
import { checkHostName } from "../private/host-name";
import { checkStorePair } from "../private/store-pair";
import { checkWholeNumber } from "../private/whole-number";
import { ReplicatorAlarms } from "./replicator-alarms";
import { replicatorCode } from "./replicator-code";
import { replicatorEnvironment } from "./replicator-environment";
import { replicatorPermissions, TRUST_POLICY } from "./replicator-permissions";
import {
  checkArchitecture,
  checkEmails,
  checkLogRetention,
  checkResolvers,
  checkRuntime,
  type LambdaArchitecture,
  NUMBER_RANGES,
} from "./replicator-settings";

/** The longest name of a function or role that AWS takes. */
const NAME_CHARACTERS = 64;

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
   * Zip with the function's code.
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

  constructor(scope: Construct, id: string, props: ReplicatorProps) {
    super(scope, id);
    this.checkProps(props);

    const { provider, tags } = props;
    const functionName =
      props.functionName ?? boundedName(`storage-failover-${props.primary.bucketName}`, NAME_CHARACTERS);
    const everyMinutes = props.everyMinutes ?? 5;
    const timeoutSeconds = props.timeoutSeconds ?? 840;

    this.logGroup = new CloudwatchLogGroup(this, "log-group", {
      name: `/aws/lambda/${functionName}`,
      retentionInDays: props.logRetentionDays ?? 30,
      tags,
      provider,
    });
    this.role = new IamRole(this, "role", {
      name: functionName,
      assumeRolePolicy: TRUST_POLICY,
      tags,
      provider,
    });
    this.rolePolicy = new IamRolePolicy(this, "role-policy", {
      name: "replicate",
      role: this.role.name,
      policy: replicatorPermissions([props.primary, props.secondary], this.logGroup.arn),
      provider,
    });
    this.function = this.createFunction(functionName, timeoutSeconds, props);
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
    checkArchitecture(props.architecture ?? "arm64", path("architecture"));
    checkLogRetention(props.logRetentionDays ?? 30, path("logRetentionDays"));
    checkResolvers(props.resolvers ?? DEFAULT_RESOLVERS, path("resolvers"));
    checkEmails(props.alarmEmails ?? [], path("alarmEmails"));
  }

  private createFunction(functionName: string, timeout: number, props: ReplicatorProps): LambdaFunction {
    const code = replicatorCode(props.assetPath, `${this.node.path}/assetPath`);
    const asset = new TerraformAsset(this, "code", { path: code.path, type: AssetType.FILE });
    return new LambdaFunction(this, "function", {
      functionName,
      description: `keeps ${props.primary.bucketName} and ${props.secondary.bucketName} equal`,
      role: this.role.arn,
      filename: asset.path,
      sourceCodeHash: code.sourceCodeHash,
      handler: "handler.handler",
      runtime: props.runtime ?? "nodejs24.x",
      architectures: [props.architecture ?? "arm64"],
      memorySize: props.memoryMiB ?? 1024,
      timeout,
      reservedConcurrentExecutions: props.reservedConcurrency,
      environment: {
        variables: {
          ...replicatorEnvironment({
            primary: props.primary,
            secondary: props.secondary,
            hostname: props.hostname,
            resolvers: props.resolvers ?? DEFAULT_RESOLVERS,
            markerHoldSeconds: props.markerHoldSeconds ?? MARKER_HOLD_SECONDS,
            requestTimeoutSeconds: props.requestTimeoutSeconds ?? REQUEST_TIMEOUT_SECONDS,
          }),
        },
      },
      tags: props.tags,
      provider: props.provider,
      // Without its log group first, Lambda makes one that keeps logs for ever.
      dependsOn: [this.logGroup, this.rolePolicy],
    });
  }
}
