import type { CloudwatchEventRule } from "@cdktf/provider-aws/lib/cloudwatch-event-rule";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { SqsQueuePolicy } from "@cdktf/provider-aws/lib/sqs-queue-policy";
import type { TerraformProvider } from "cdktf";
import type { Construct } from "constructs";
import { boundedName } from "../private/bounded-name";
import type { PolicyStatement } from "../private/role-policy";
import { dataKeys, queueEncryption } from "./replicator-encryption";

/** The most that SQS keeps a message: time to look at what failed. */
export const FAILED_RETENTION_SECONDS = 14 * 24 * 60 * 60;

export const QUEUE_NAME_CHARACTERS = 80;

export interface FailedRunsQueueProps {
  /** Name of the replicator, which the queue's begins with. */
  readonly name: string;
  /** The schedule, which leaves here what it could not start. */
  readonly rule: CloudwatchEventRule;
  readonly encryptionKeyArn?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly provider?: TerraformProvider;
}

export interface FailedRunsQueue {
  readonly queue: SqsQueue;
  readonly policy: SqsQueuePolicy;
}

/**
 * Where a run that came to nothing leaves a trace: one that could not be started, one that was cut off or crashed, one that
 * failed. Nobody has to empty it: the next run does what is left, and messages go after two weeks.
 */
export function createFailedRunsQueue(scope: Construct, props: FailedRunsQueueProps): FailedRunsQueue {
  const { rule, tags, provider } = props;
  const queue = new SqsQueue(scope, "dead-letter-queue", {
    name: boundedName(`${props.name}-failed`, QUEUE_NAME_CHARACTERS),
    messageRetentionSeconds: FAILED_RETENTION_SECONDS,
    ...queueEncryption(props.encryptionKeyArn),
    tags,
    provider,
  });
  const policy = new SqsQueuePolicy(scope, "dead-letter-queue-policy", {
    queueUrl: queue.url,
    policy: ruleMaySend(queue, rule),
    provider,
  });
  return { queue, policy };
}

/** What a function needs to leave its failed invocations in a queue. */
export function mayLeave(queue: SqsQueue, encryptionKeyArn: string | undefined): PolicyStatement[] {
  return [
    { Effect: "Allow", Action: ["sqs:SendMessage"], Resource: [queue.arn] },
    ...dataKeys(encryptionKeyArn),
  ];
}

/** The queue's policy: EventBridge may send, for this rule only. */
export function ruleMaySend(queue: SqsQueue, rule: CloudwatchEventRule): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: queue.arn,
        Condition: { ArnEquals: { "aws:SourceArn": rule.arn } },
      },
    ],
  });
}
