import type { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard";
import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import type { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { LambdaFunctionEventInvokeConfig } from "@cdktf/provider-aws/lib/lambda-function-event-invoke-config";
import { LambdaPermission } from "@cdktf/provider-aws/lib/lambda-permission";
import type { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import type { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy";
import { Annotations, AssetType, TerraformAsset } from "cdktf";
import { Construct } from "constructs";
import { DEFAULT_RESOLVERS } from "../../contract/environment";
import { HANDLERS } from "../../contract/handlers";
import { MARKER_HOLD_SECONDS, markerRecordName, REQUEST_TIMEOUT_SECONDS } from "../../contract/marker";
import type { ObjectStore } from "../object-store";
import { boundedName } from "../private/bounded-name";
import { checkReplicatorProps } from "./check-replicator-props";
import { createReplicatorDashboard, type ReplicatorDashboardProps } from "./dashboard/replicator-dashboard";
import { createFailedRunsQueue, mayLeave } from "./dead-letters";
import { ReplicatorAlarms } from "./replicator-alarms";
import { replicatorCode } from "./replicator-code";
import { replicatorEnvironment, tellingEnvironment } from "./replicator-environment";
import { ReplicatorEvents } from "./replicator-events";
import { ReplicatorFanOut } from "./replicator-fan-out";
import { createReplicatorFunction, type ReplicatorFunctionSettings } from "./replicator-function";
import { tellingStatements } from "./replicator-permissions";
import type { ReplicatorProps } from "./replicator-props";
import { DEFAULT_EVERY_MINUTES, NAME_CHARACTERS } from "./replicator-settings";

export type { ReplicatorProps } from "./replicator-props";

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
  public readonly deadLetterQueue: SqsQueue;
  public readonly deadLetterQueuePolicy: SqsQueuePolicy;
  public readonly alarms: ReplicatorAlarms;
  /** Unless `dashboard` is false. */
  public readonly dashboard?: CloudwatchDashboard;
  /** Only with `events`. */
  public readonly events?: ReplicatorEvents;
  /** Only with `fanOut`. */
  public readonly fanOut?: ReplicatorFanOut;

  constructor(scope: Construct, id: string, props: ReplicatorProps) {
    super(scope, id);
    checkReplicatorProps(props, this.node.path);

    const { provider, tags } = props;
    const functionName =
      props.functionName ?? boundedName(`storage-failover-${props.primary.bucketName}`, NAME_CHARACTERS);
    const everyMinutes = props.everyMinutes ?? DEFAULT_EVERY_MINUTES;
    const timeoutSeconds = props.timeoutSeconds ?? 840;
    const maximumLagMinutes = props.maximumLagMinutes ?? 3 * everyMinutes;

    this.schedule = new CloudwatchEventRule(this, "schedule", {
      name: functionName,
      description: "starts a replication run",
      scheduleExpression: everyMinutes === 1 ? "rate(1 minute)" : `rate(${everyMinutes} minutes)`,
      tags,
      provider,
    });
    ({ queue: this.deadLetterQueue, policy: this.deadLetterQueuePolicy } = createFailedRunsQueue(this, {
      name: functionName,
      rule: this.schedule,
      encryptionKeyArn: props.encryptionKeyArn,
      tags,
      provider,
    }));
    const settings = this.functionSettings(props);
    const sweep = createReplicatorFunction(this, settings, {
      functionName,
      description: `keeps ${props.primary.bucketName} and ${props.secondary.bucketName} equal`,
      handler: HANDLERS.sweep,
      timeoutSeconds,
      reservedConcurrency: props.reservedConcurrency,
      environment: tellingEnvironment(props),
      statements: [...mayLeave(this.deadLetterQueue, props.encryptionKeyArn), ...tellingStatements(props)],
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
      destinationConfig: { onFailure: { destination: this.deadLetterQueue.arn } },
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
      deadLetterConfig: { arn: this.deadLetterQueue.arn },
      provider,
      dependsOn: [this.schedulePermission, this.deadLetterQueuePolicy],
    });
    this.alarms = new ReplicatorAlarms(this, "alarms", {
      functionName,
      bucketName: props.primary.bucketName,
      everyMinutes,
      timeoutSeconds,
      maximumLagMinutes,
      deadLetterQueueName: this.deadLetterQueue.name,
      encryptionKeyArn: props.encryptionKeyArn,
      emails: props.alarmEmails ?? [],
      slackWorkspaceId: props.slackWorkspaceId,
      slackChannelId: props.slackChannelId,
      pagerDutySecretName: props.pagerDutySecretName,
      tags,
      provider,
    });
    ({ events: this.events, fanOut: this.fanOut } = this.createDrivers(functionName, settings, props));
    if (props.dashboard ?? true) {
      this.dashboard = this.createDashboard(functionName, props, {
        everyMinutes,
        timeoutSeconds,
        maximumLagMinutes,
        memoryMiB: settings.memoryMiB,
      });
    }
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
      encryptionKeyArn: props.encryptionKeyArn,
      tracing: props.tracing ?? false,
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

  private createDashboard(
    name: string,
    props: ReplicatorProps,
    limits: Pick<
      ReplicatorDashboardProps,
      "everyMinutes" | "timeoutSeconds" | "maximumLagMinutes" | "memoryMiB"
    >,
  ): CloudwatchDashboard {
    const { events, fanOut, alarms } = this;
    const drivers = [
      { label: "sweep", of: this.function },
      { label: "events", of: events?.function },
      { label: "range", of: fanOut?.function },
    ];
    return createReplicatorDashboard(this, {
      ...limits,
      name,
      markerName: markerRecordName(props.hostname),
      region: this.function.region,
      primaryBucket: props.primary.bucketName,
      secondaryBucket: props.secondary.bucketName,
      alarmArns: [...alarms.all, events?.alarm, fanOut?.alarm].flatMap((alarm) => alarm?.arn ?? []),
      functions: drivers.flatMap(({ label, of }) => (of ? [{ label, functionName: of.functionName }] : [])),
      deadLetterQueueName: this.deadLetterQueue.name,
      eventsQueues: events && {
        queueName: events.queue.name,
        deadLetterQueueName: events.deadLetterQueue.name,
      },
      stateMachineArn: fanOut?.stateMachine.arn,
      tellsOthers: Object.keys(tellingEnvironment(props)).length > 0,
      provider: props.provider,
    });
  }
}
