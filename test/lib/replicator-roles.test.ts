import { isDeepStrictEqual } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { REPLICATOR_ACTIONS } from "../../lib/private/replicator-actions";
import type { ReplicatorProps } from "../../lib/replication/replicator";
import { exampleReplicator, statementsOf } from "./example-replicator";
import { examplePrimary } from "./example-stores";
import { temporaryFolder } from "./temporary-folder";

const { synthesizeReplicator } = exampleReplicator(temporaryFolder());

const KEY = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000001";

const OBJECTS_KEY = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000002";

/** Everything that asks for a permission. */
const ALL: Partial<ReplicatorProps> = {
  events: true,
  fanOut: true,
  tracing: true,
  encryptionKeyArn: KEY,
  primary: { ...examplePrimary, encryptionKeyArn: OBJECTS_KEY },
  heartbeatSecretName: "watch/heartbeat",
  otlpEndpoint: "https://collector.example.com",
  otlpHeadersSecretName: "watch/otlp",
  pushgatewayUrl: "https://push.example.com",
  pushgatewayHeadersSecretName: "watch/push",
  slackWorkspaceId: "T0123",
  slackChannelId: "C0123",
};

type Role = "sweep" | "events" | "range" | "machine" | "slack";

const ROLE_OF_POLICY: Readonly<Record<string, Role>> = {
  "role-policy": "sweep",
  "events_role-policy": "events",
  "fan-out_role-policy": "range",
  "fan-out_state-machine-role-policy": "machine",
  "alarms_slack-role-policy": "slack",
};

const FUNCTIONS: readonly Role[] = ["sweep", "events", "range"];
const BUCKET = "arn:aws:s3:::example-assets-primary";
const OBJECTS = `${BUCKET}/*`;
const SAME_ACCOUNT = "of the same account";
const FOR_THE_BUCKET = "by S3 for the bucket";
const secret = (name: string) => `arn:aws:secretsmanager:*:*:secret:${name}-?????? ${SAME_ACCOUNT}`;
const MACHINE = "storage-failover-example-assets-primary-fan-out";

/** Who may do what, to what, and why. What is granted is listed here once more on purpose: a new permission must be wanted twice. */
const JUSTIFIED: readonly (readonly [
  roles: readonly Role[],
  action: string,
  on: string | readonly string[],
  why: string,
])[] = [
  [FUNCTIONS, "s3:ListBucket", BUCKET, "listings; a missing key answers 404 instead of 403"],
  [FUNCTIONS, "s3:ListBucketVersions", BUCKET, "lineage, and the proof of a deletion"],
  [FUNCTIONS, "s3:GetBucketVersioning", BUCKET, "nothing is deleted where no version would remain"],
  [FUNCTIONS, "s3:ListBucketMultipartUploads", BUCKET, "uploads that an earlier run left open"],
  [FUNCTIONS, "s3:GetObject", OBJECTS, "reads of the current version"],
  [FUNCTIONS, "s3:GetObjectVersion", OBJECTS, "reads name the version"],
  [FUNCTIONS, "s3:GetObjectTagging", OBJECTS, "tags travel with a copy"],
  [FUNCTIONS, "s3:GetObjectVersionTagging", OBJECTS, "tags of the version that is copied"],
  [FUNCTIONS, "s3:PutObject", OBJECTS, "copies, and replication's own state"],
  [FUNCTIONS, "s3:PutObjectTagging", OBJECTS, "tags sent along with a write"],
  [FUNCTIONS, "s3:PutObjectVersionTagging", OBJECTS, "tags that were changed later"],
  [FUNCTIONS, "s3:ListMultipartUploadParts", OBJECTS, "a large copy goes on after its last whole part"],
  [FUNCTIONS, "s3:AbortMultipartUpload", OBJECTS, "an upload of its own that leads nowhere"],
  [FUNCTIONS, "s3:DeleteObject", OBJECTS, "delete markers for proven deletions"],
  [FUNCTIONS, "s3:DeleteObjectVersion", OBJECTS, "taking back a delete marker of its own"],
  [
    FUNCTIONS,
    "secretsmanager:GetSecretValue",
    secret("storage-failover/assets-standby"),
    "the key pair of the store that knows no roles",
  ],
  [["sweep"], "logs:CreateLogStream", "aws_cloudwatch_log_group log-group:*", "its log"],
  [["sweep"], "logs:PutLogEvents", "aws_cloudwatch_log_group log-group:*", "its log, and figures in it"],
  [["events"], "logs:CreateLogStream", "aws_cloudwatch_log_group events_log-group:*", "its log"],
  [["events"], "logs:PutLogEvents", "aws_cloudwatch_log_group events_log-group:*", "its log"],
  [["range"], "logs:CreateLogStream", "aws_cloudwatch_log_group fan-out_log-group:*", "its log"],
  [["range"], "logs:PutLogEvents", "aws_cloudwatch_log_group fan-out_log-group:*", "its log"],
  [["sweep"], "sqs:SendMessage", "aws_sqs_queue dead-letter-queue", "Lambda leaves failed runs in its name"],
  [["sweep"], "kms:GenerateDataKey", KEY, "those messages are encrypted"],
  [FUNCTIONS, "kms:Decrypt", `${OBJECTS_KEY} ${FOR_THE_BUCKET}`, "objects that it reads"],
  [FUNCTIONS, "kms:GenerateDataKey", `${OBJECTS_KEY} ${FOR_THE_BUCKET}`, "objects that it writes"],
  [FUNCTIONS, "kms:Decrypt", KEY, "its environment, and messages that it reads"],
  [
    ["events"],
    "sqs:ReceiveMessage",
    "aws_sqs_queue events_queue",
    "the event source mapping reads in its name",
  ],
  [["events"], "sqs:DeleteMessage", "aws_sqs_queue events_queue", "and removes what is done"],
  [["events"], "sqs:GetQueueAttributes", "aws_sqs_queue events_queue", "and looks at how much there is"],
  [["sweep"], "secretsmanager:GetSecretValue", secret("watch/heartbeat"), "whom to call after a clean pass"],
  [["sweep"], "secretsmanager:GetSecretValue", secret("watch/otlp"), "what the collector asks for"],
  [["sweep"], "secretsmanager:GetSecretValue", secret("watch/push"), "what the Pushgateway asks for"],
  [[...FUNCTIONS, "machine"], "xray:PutTraceSegments", "*", "traces; X-Ray knows no resources"],
  [[...FUNCTIONS, "machine"], "xray:PutTelemetryRecords", "*", "how many traces there were"],
  [["machine"], "xray:GetSamplingRules", "*", "which executions are traced: a state machine decides itself"],
  [["machine"], "xray:GetSamplingTargets", "*", "and how many of them"],
  [
    ["machine"],
    "lambda:InvokeFunction",
    "aws_lambda_function fan-out_function",
    "each state is a call of it",
  ],
  [
    ["machine"],
    "states:StartExecution",
    `arn:aws:states:*:*:stateMachine:${MACHINE} ${SAME_ACCOUNT}`,
    "a distributed map starts executions of its own machine",
  ],
  ...["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"].map(
    (action) =>
      [
        ["machine"],
        action,
        [":*", "/*"].map((end) => `arn:aws:states:*:*:execution:${MACHINE}${end} ${SAME_ACCOUNT}`),
        "and watches, ends and redrives them",
      ] as const,
  ),
  ...[
    "cloudwatch:DescribeAlarms",
    "cloudwatch:DescribeAlarmHistory",
    "cloudwatch:GetMetricData",
    "cloudwatch:GetMetricStatistics",
    "cloudwatch:GetMetricWidgetImage",
    "cloudwatch:ListMetrics",
  ].map((action) => [["slack"], action, "*", "what a message in Slack shows of an alarm"] as const),
];

/** Every single permission in a plan, as `role action on resource`. */
function granted(change: Partial<ReplicatorProps>): string[] {
  const policies = Object.entries(synthesizeReplicator(change).resources.aws_iam_role_policy ?? {});
  return policies.flatMap(([name, policy]) => {
    const role = ROLE_OF_POLICY[/^replicator_(.+)_[0-9A-F]{8}$/.exec(name)?.[1] ?? ""] ?? name;
    return statementsOf(policy).flatMap(({ Action, Resource, Condition }) =>
      Action.flatMap((action) =>
        Resource.map((resource) => `${role} ${action} on ${readable(resource)}${limit(Condition)}`),
      ),
    );
  });
}

/** A reference by the path of its construct. */
function readable(resource: string): string {
  return resource.replace(/\$\{(\w+)\.replicator_(.+?)_[0-9A-F]{8}\.arn\}/, "$1 $2");
}

const LIMITS: readonly (readonly [words: string, condition: object])[] = [
  [SAME_ACCOUNT, { StringEquals: { "aws:ResourceAccount": "$${aws:PrincipalAccount}" } }],
  [
    FOR_THE_BUCKET,
    {
      StringEquals: { "kms:ViaService": "s3.eu-central-1.amazonaws.com" },
      StringLike: { "kms:EncryptionContext:aws:s3:arn": [BUCKET, OBJECTS] },
    },
  ],
];

function limit(condition: unknown): string {
  if (condition === undefined) return "";
  const known = LIMITS.find(([, expected]) => isDeepStrictEqual(condition, expected));
  if (known === undefined) throw new Error(`not justified: ${JSON.stringify(condition)}`);
  return ` ${known[0]}`;
}

describe("the roles", () => {
  it("grant exactly what is justified here: nothing more, and nothing that no role needs", () => {
    const justified = JUSTIFIED.flatMap(([roles, action, on]) =>
      roles.flatMap((role) => [on].flat().map((one) => `${role} ${action} on ${one}`)),
    );

    expect(granted(ALL).toSorted()).toEqual(justified.toSorted());
    expect(JUSTIFIED.filter(([, , , why]) => why.length < 5)).toEqual([]);
    expect(REPLICATOR_ACTIONS.filter(({ why }) => why.length < 10)).toEqual([]);
  });

  it("hold nothing for what is switched off", () => {
    const optional = /kms:|xray:|states:|cloudwatch:|watch\/|sqs:(?!SendMessage)/;

    expect(granted({}).filter((permission) => optional.test(permission))).toEqual([]);
    expect(granted(ALL).filter((permission) => optional.test(permission)).length).toBeGreaterThan(20);
  });

  it("are taken by the one service that each is for", () => {
    const { resources } = synthesizeReplicator(ALL);

    const services = Object.values(resources.aws_iam_role ?? {}).map(({ assume_role_policy: trust }) =>
      String(JSON.parse(String(trust)).Statement[0].Principal.Service),
    );

    expect(services.toSorted()).toEqual([
      "chatbot.amazonaws.com",
      "lambda.amazonaws.com",
      "lambda.amazonaws.com",
      "lambda.amazonaws.com",
      "states.amazonaws.com",
    ]);
  });

  it("reach no wildcard but where a service knows no resources, and no way around locks", () => {
    const permissions = granted(ALL);

    expect(permissions.filter((one) => /on \*$/.test(one) && !/ (xray|cloudwatch):/.test(one))).toEqual([]);
    expect(permissions.filter((one) => /:\S*\*\S* on |Bypass|PutBucket|Acl|BucketPolicy/.test(one))).toEqual(
      [],
    );
  });
});
