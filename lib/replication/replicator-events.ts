import { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { CloudwatchEventTarget } from "@cdktf/provider-aws/lib/cloudwatch-event-target";
import type { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import type { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaEventSourceMapping } from "@cdktf/provider-aws/lib/lambda-event-source-mapping";
import type { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy";
import { Construct } from "constructs";
import { HANDLERS } from "../../contract/handlers";
import { HEALTH_KEY, STATE_PREFIX } from "../../contract/state-keys";
import type { ObjectStore } from "../object-store";
import { boundedName } from "../private/bounded-name";
import { FAILED_RETENTION_SECONDS, QUEUE_NAME_CHARACTERS, ruleMaySend } from "./dead-letters";
import { queueEncryption } from "./replicator-encryption";
import { createReplicatorFunction, type ReplicatorFunctionSettings } from "./replicator-function";
import { NAME_CHARACTERS } from "./replicator-settings";

/** Messages of one invocation: their keys share connections, one reading of the marker and one of the journal. */
const BATCH_SIZE = 100;

/** Batches of more than ten must be waited for, and this is the least. */
const BATCHING_WINDOW_SECONDS = 1;

/** docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html: else a message returns while it is worked on. */
const VISIBILITY_PER_TIMEOUT = 6;

/** What tells of a change that can be copied. A deletion is proven by looking at versions, which the sweep does. */
const EVENT_TYPES = ["Object Created", "Object Tags Added", "Object Tags Deleted"];

export interface ReplicatorEventsProps {
  /** Name of the replicator, which all names begin with. */
  readonly name: string;
  readonly settings: ReplicatorFunctionSettings;
  /** Whose events are listened to. */
  readonly primary: ObjectStore;
  /** Invocations at one time, 2 to 1,000. */
  readonly maximumConcurrency: number;
  /** Seconds after which an invocation is cut off. */
  readonly timeoutSeconds: number;
  /** How often a message is tried before it goes to the dead-letter queue. */
  readonly maximumReceives: number;
  /** ARNs that the alarm tells; none tells nobody. */
  readonly alarmActions?: readonly string[];
}

/**
 * Events of the primary's bucket, by EventBridge and a queue, to a function: a new object is on the standby within seconds.
 *
 * An event says "look at this key" and nothing more, so duplicates and disorder do no harm, and what is lost the sweep
 * finds. MinIO sends no such events: while the secondary is active, the sweep alone replicates.
 */
export class ReplicatorEvents extends Construct {
  public readonly logGroup: CloudwatchLogGroup;
  public readonly role: IamRole;
  public readonly rolePolicy: IamRolePolicy;
  public readonly function: LambdaFunction;
  /** Messages that were tried too often. */
  public readonly deadLetterQueue: SqsQueue;
  public readonly queue: SqsQueue;
  public readonly queuePolicy: SqsQueuePolicy;
  public readonly rule: CloudwatchEventRule;
  public readonly target: CloudwatchEventTarget;
  public readonly mapping: LambdaEventSourceMapping;
  /** Rings while the dead-letter queue holds anything. */
  public readonly alarm: CloudwatchMetricAlarm;

  constructor(scope: Construct, id: string, props: ReplicatorEventsProps) {
    super(scope, id);
    const { tags, provider, encryptionKeyArn } = props.settings;
    const queueName = (suffix: string) => boundedName(`${props.name}-${suffix}`, QUEUE_NAME_CHARACTERS);

    this.deadLetterQueue = new SqsQueue(this, "dead-letter-queue", {
      name: queueName("events-failed"),
      messageRetentionSeconds: FAILED_RETENTION_SECONDS,
      ...queueEncryption(encryptionKeyArn),
      tags,
      provider,
    });
    this.queue = new SqsQueue(this, "queue", {
      name: queueName("events"),
      visibilityTimeoutSeconds: VISIBILITY_PER_TIMEOUT * props.timeoutSeconds + BATCHING_WINDOW_SECONDS,
      redrivePolicy: JSON.stringify({
        deadLetterTargetArn: this.deadLetterQueue.arn,
        maxReceiveCount: props.maximumReceives,
      }),
      ...queueEncryption(encryptionKeyArn),
      tags,
      provider,
    });
    this.rule = new CloudwatchEventRule(this, "rule", {
      name: boundedName(`${props.name}-events`, NAME_CHARACTERS),
      description: `objects written to ${props.primary.bucketName}`,
      eventPattern: JSON.stringify(eventPattern(props.primary.bucketName)),
      tags,
      provider,
    });
    this.queuePolicy = this.allowRule();
    this.target = new CloudwatchEventTarget(this, "target", {
      rule: this.rule.name,
      arn: this.queue.arn,
      targetId: "queue",
      provider,
      dependsOn: [this.queuePolicy],
    });

    const parts = createReplicatorFunction(this, props.settings, {
      functionName: boundedName(`${props.name}-events`, NAME_CHARACTERS),
      description: `copies what is written to ${props.primary.bucketName}`,
      handler: HANDLERS.events,
      timeoutSeconds: props.timeoutSeconds,
      statements: [
        {
          Effect: "Allow",
          Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"],
          Resource: [this.queue.arn],
        },
      ],
    });
    this.logGroup = parts.logGroup;
    this.role = parts.role;
    this.rolePolicy = parts.rolePolicy;
    this.function = parts.function;
    this.mapping = new LambdaEventSourceMapping(this, "mapping", {
      eventSourceArn: this.queue.arn,
      functionName: this.function.functionName,
      batchSize: BATCH_SIZE,
      maximumBatchingWindowInSeconds: BATCHING_WINDOW_SECONDS,
      functionResponseTypes: ["ReportBatchItemFailures"],
      // Not reserved concurrency: what that throttles counts as received, and good messages end as dead letters.
      scalingConfig: { maximumConcurrency: props.maximumConcurrency },
      tags,
      provider,
    });
    this.alarm = this.createAlarm(props);
  }

  private allowRule(): SqsQueuePolicy {
    return new SqsQueuePolicy(this, "queue-policy", {
      queueUrl: this.queue.url,
      policy: ruleMaySend(this.queue, this.rule),
      provider: this.queue.provider,
    });
  }

  private createAlarm(props: ReplicatorEventsProps): CloudwatchMetricAlarm {
    const actions = props.alarmActions && [...props.alarmActions];
    return new CloudwatchMetricAlarm(this, "alarm", {
      alarmName: `${props.name}-events-failed`,
      alarmDescription: `objects could not be copied ${props.maximumReceives} times in a row; the sweep goes on trying`,
      namespace: "AWS/SQS",
      metricName: "ApproximateNumberOfMessagesVisible",
      dimensions: { QueueName: this.deadLetterQueue.name },
      statistic: "Maximum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      period: 300,
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
      alarmActions: actions,
      okActions: actions,
      tags: props.settings.tags,
      provider: props.settings.provider,
    });
  }
}

/** Without replication's own writes, which would else wake it again. A user's key that begins like one waits for the sweep. */
function eventPattern(bucketName: string) {
  return {
    source: ["aws.s3"],
    "detail-type": EVENT_TYPES,
    detail: {
      bucket: { name: [bucketName] },
      object: { key: [{ "anything-but": { prefix: [STATE_PREFIX, `/${STATE_PREFIX}`, HEALTH_KEY] } }] },
    },
  };
}
