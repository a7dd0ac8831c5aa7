import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { METRIC_NAMES, METRICS_DIMENSION, METRICS_NAMESPACE } from "../../contract/metrics";
import { boundedName } from "../private/bounded-name";

export interface ReplicatorAlarmsProps {
  /** Name of the function, which the alarms' names begin with. */
  readonly functionName: string;
  /** The primary's bucket, which the metrics carry as dimension. */
  readonly bucketName: string;
  readonly everyMinutes: number;
  readonly timeoutSeconds: number;
  readonly maximumLagMinutes: number;
  /** Who is told; none makes no topic. */
  readonly emails: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly provider?: TerraformProvider;
}

/** Tells people when the standby can no longer be trusted. Silence counts as bad news. */
export class ReplicatorAlarms extends Construct {
  public readonly lag: CloudwatchMetricAlarm;
  public readonly failedRuns: CloudwatchMetricAlarm;
  public readonly conflicts: CloudwatchMetricAlarm;
  public readonly noRuns: CloudwatchMetricAlarm;
  /** Only when emails are given. */
  public readonly topic?: SnsTopic;

  constructor(scope: Construct, id: string, props: ReplicatorAlarmsProps) {
    super(scope, id);
    this.topic = props.emails.length > 0 ? this.createTopic(props) : undefined;

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
      alarmDescription: "a replication run failed or had to stop; the last line of its log says why",
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
  }

  private createAlarm(id: string, props: ReplicatorAlarmsProps, rule: AlarmRule): CloudwatchMetricAlarm {
    const actions = this.topic && [this.topic.arn];
    const { periodMinutes, ...condition } = rule;
    return new CloudwatchMetricAlarm(this, id, {
      ...condition,
      period: periodMinutes * 60,
      evaluationPeriods: 1,
      alarmName: `${props.functionName}-${id}`,
      namespace: METRICS_NAMESPACE,
      dimensions: { [METRICS_DIMENSION]: props.bucketName },
      alarmActions: actions,
      okActions: actions,
      tags: props.tags,
      provider: props.provider,
    });
  }

  private createTopic(props: ReplicatorAlarmsProps): SnsTopic {
    const { provider } = props;
    const topic = new SnsTopic(this, "topic", {
      name: boundedName(`${props.functionName}-alarms`, 256),
      tags: props.tags,
      provider,
    });
    for (const email of props.emails) {
      new SnsTopicSubscription(this, `email-${email}`, {
        topicArn: topic.arn,
        protocol: "email",
        endpoint: email,
        provider,
      });
    }
    return topic;
  }
}

interface AlarmRule {
  readonly alarmDescription: string;
  readonly metricName: string;
  readonly statistic: string;
  readonly comparisonOperator: string;
  readonly threshold: number;
  readonly periodMinutes: number;
  readonly treatMissingData: string;
}
