import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { METRIC_NAMES, METRICS_DIMENSION, METRICS_NAMESPACE } from "../../contract/metrics";
import { type AlarmTargets, createAlarmTopic } from "./alarm-topic";

/** Nobody to tell makes no topic. */
export interface ReplicatorAlarmsProps extends AlarmTargets {
  /** Name of the function, which the alarms' names begin with. */
  readonly functionName: string;
  /** The primary's bucket, which the metrics carry as dimension. */
  readonly bucketName: string;
  readonly everyMinutes: number;
  readonly timeoutSeconds: number;
  readonly maximumLagMinutes: number;
  /** Where a run that came to nothing leaves a trace. */
  readonly deadLetterQueueName: string;
  /** Customer key of the topic. */
  readonly encryptionKeyArn?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly provider?: TerraformProvider;
}

/** Tells people when the standby can no longer be trusted. Silence counts as bad news. */
export class ReplicatorAlarms extends Construct {
  public readonly lag: CloudwatchMetricAlarm;
  public readonly failedRuns: CloudwatchMetricAlarm;
  public readonly conflicts: CloudwatchMetricAlarm;
  public readonly noRuns: CloudwatchMetricAlarm;
  /** More deletions were found than one run may place. */
  public readonly deleteGuard: CloudwatchMetricAlarm;
  /** A run could not be started, was cut off, or failed. */
  public readonly deadLetters: CloudwatchMetricAlarm;
  /** Only where somebody is to be told. */
  public readonly topic?: SnsTopic;

  constructor(scope: Construct, id: string, props: ReplicatorAlarmsProps) {
    super(scope, id);
    this.topic = createAlarmTopic(this, { ...props, name: props.functionName });

    // A run that starts late and uses all of its time still ends within this.
    const minutesWithARun = props.everyMinutes + Math.ceil(props.timeoutSeconds / 60);

    this.lag = this.createAlarm("lag", props, {
      alarmDescription: `the standby is more than ${props.maximumLagMinutes} min behind, or nobody knows`,
      metricName: METRIC_NAMES.lagSeconds,
      statistic: "Maximum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: props.maximumLagMinutes * 60,
      // No figure for as long as the lag may grow is as bad as a figure above it.
      periodMinutes: props.maximumLagMinutes,
      treatMissingData: "breaching",
    });
    this.failedRuns = this.createAlarm("failed-runs", props, {
      alarmDescription:
        'a replication run failed or had to stop; the line of its log with event "run" says why',
      metricName: METRIC_NAMES.failedRuns,
      statistic: "Sum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      periodMinutes: minutesWithARun,
      treatMissingData: "notBreaching",
    });
    this.conflicts = this.createAlarm("conflicts", props, {
      alarmDescription: "keys were written on both sides; both are kept, and a person must choose",
      metricName: METRIC_NAMES.conflicts,
      statistic: "Maximum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      periodMinutes: minutesWithARun,
      treatMissingData: "notBreaching",
    });
    this.noRuns = this.createAlarm("no-runs", props, {
      alarmDescription: `no replication run has ended for ${minutesWithARun} min`,
      metricName: METRIC_NAMES.runs,
      statistic: "Sum",
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      periodMinutes: minutesWithARun,
      treatMissingData: "breaching",
    });
    this.deleteGuard = this.createAlarm("delete-guard", props, {
      alarmDescription:
        "a run found more deletions than it may place and placed none; raise the limit once somebody has looked",
      metricName: METRIC_NAMES.withheldDeletions,
      statistic: "Maximum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      periodMinutes: minutesWithARun,
      treatMissingData: "notBreaching",
    });
    this.deadLetters = this.createAlarm("dead-letters", props, {
      alarmDescription:
        "a run could not be started, was cut off or failed; the message in the dead-letter queue says which",
      namespace: "AWS/SQS",
      // Not how many there are: the alarm should end with the trouble, and nobody has to empty the queue.
      metricName: "NumberOfMessagesSent",
      dimensions: { QueueName: props.deadLetterQueueName },
      statistic: "Sum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      periodMinutes: minutesWithARun,
      treatMissingData: "notBreaching",
    });
  }

  /** All of them, the drivers' aside. */
  public get all(): readonly CloudwatchMetricAlarm[] {
    return [this.lag, this.failedRuns, this.noRuns, this.deadLetters, this.conflicts, this.deleteGuard];
  }

  private createAlarm(id: string, props: ReplicatorAlarmsProps, rule: AlarmRule): CloudwatchMetricAlarm {
    const actions = this.topic && [this.topic.arn];
    const { periodMinutes, ...condition } = rule;
    return new CloudwatchMetricAlarm(this, id, {
      namespace: METRICS_NAMESPACE,
      dimensions: { [METRICS_DIMENSION]: props.bucketName },
      ...condition,
      period: periodMinutes * 60,
      evaluationPeriods: 1,
      alarmName: `${props.functionName}-${id}`,
      alarmActions: actions,
      okActions: actions,
      tags: props.tags,
      provider: props.provider,
    });
  }
}

interface AlarmRule {
  /** @default METRICS_NAMESPACE */
  readonly namespace?: string;
  /** @default - the primary's bucket */
  readonly dimensions?: Record<string, string>;
  readonly alarmDescription: string;
  readonly metricName: string;
  readonly statistic: string;
  readonly comparisonOperator: string;
  readonly threshold: number;
  readonly periodMinutes: number;
  readonly treatMissingData: string;
}
