import { ChatbotSlackChannelConfiguration } from "@cdktf/provider-aws/lib/chatbot-slack-channel-configuration";
import { DataAwsSecretsmanagerSecretVersion } from "@cdktf/provider-aws/lib/data-aws-secretsmanager-secret-version";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import type { TerraformProvider } from "cdktf";
import type { Construct } from "constructs";
import { boundedName } from "../private/bounded-name";
import { policyDocument, trustPolicy } from "../private/role-policy";
import { NAME_CHARACTERS } from "./replicator-settings";

/** Who is told of alarms. */
export interface AlarmTargets {
  readonly emails: readonly string[];
  /** With `slackChannelId` only. */
  readonly slackWorkspaceId?: string;
  readonly slackChannelId?: string;
  /** Name of the secret with PagerDuty's integration URL. */
  readonly pagerDutySecretName?: string;
}

export interface AlarmTopicProps extends AlarmTargets {
  /** Name of the replicator, which all names begin with. */
  readonly name: string;
  /** Customer key of the topic. @default - none: an alarm's text is no secret */
  readonly encryptionKeyArn?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly provider?: TerraformProvider;
}

/** What the Slack message shows: which alarm, and the picture of its metric. These actions know no resources. */
const SHOWN_IN_SLACK = [
  "cloudwatch:DescribeAlarms",
  "cloudwatch:DescribeAlarmHistory",
  "cloudwatch:GetMetricData",
  "cloudwatch:GetMetricStatistics",
  "cloudwatch:GetMetricWidgetImage",
  "cloudwatch:ListMetrics",
];

/** Without one, whoever is in the channel may use all that the service's default lets them: an administrator's policy. */
const SLACK_GUARDRAIL = "arn:aws:iam::aws:policy/CloudWatchReadOnlyAccess";

/** The topic that alarms publish to, with everyone who listens; none where nobody does. Placed directly in `scope`. */
export function createAlarmTopic(scope: Construct, props: AlarmTopicProps): SnsTopic | undefined {
  const { emails, slackChannelId, pagerDutySecretName, tags, provider } = props;
  if (emails.length === 0 && slackChannelId === undefined && pagerDutySecretName === undefined) {
    return undefined;
  }
  const topic = new SnsTopic(scope, "topic", {
    name: boundedName(`${props.name}-alarms`, 256),
    // Not alias/aws/sns: alarms cannot publish to a topic with the key that AWS manages, and nobody would notice.
    kmsMasterKeyId: props.encryptionKeyArn,
    tags,
    provider,
  });
  for (const email of emails) {
    new SnsTopicSubscription(scope, `email-${email}`, {
      topicArn: topic.arn,
      protocol: "email",
      endpoint: email,
      provider,
    });
  }
  if (pagerDutySecretName !== undefined) tellPagerDuty(scope, topic, pagerDutySecretName, props);
  if (props.slackWorkspaceId !== undefined && slackChannelId !== undefined) {
    tellSlack(scope, topic, props.slackWorkspaceId, slackChannelId, props);
  }
  return topic;
}

/** The URL holds the integration's key: it is read when Terraform applies, and stands in its state but in no file. */
function tellPagerDuty(
  scope: Construct,
  topic: SnsTopic,
  secretName: string,
  { provider }: AlarmTopicProps,
): void {
  const secret = new DataAwsSecretsmanagerSecretVersion(scope, "pagerduty-url", {
    secretId: secretName,
    provider,
  });
  new SnsTopicSubscription(scope, "pagerduty", {
    topicArn: topic.arn,
    protocol: "https",
    endpoint: secret.secretString,
    endpointAutoConfirms: true,
    // PagerDuty reads SNS's envelope.
    rawMessageDelivery: false,
    provider,
  });
}

function tellSlack(
  scope: Construct,
  topic: SnsTopic,
  workspaceId: string,
  channelId: string,
  { name, tags, provider }: AlarmTopicProps,
): void {
  const role = new IamRole(scope, "slack-role", {
    name: boundedName(`${name}-slack`, NAME_CHARACTERS),
    assumeRolePolicy: trustPolicy("chatbot.amazonaws.com"),
    tags,
    provider,
  });
  new IamRolePolicy(scope, "slack-role-policy", {
    name: "show-alarms",
    role: role.name,
    policy: policyDocument([{ Effect: "Allow", Action: SHOWN_IN_SLACK, Resource: ["*"] }]),
    provider,
  });
  new ChatbotSlackChannelConfiguration(scope, "slack", {
    configurationName: boundedName(`${name}-alarms`, 128),
    iamRoleArn: role.arn,
    slackTeamId: workspaceId,
    slackChannelId: channelId,
    snsTopicArns: [topic.arn],
    guardrailPolicyArns: [SLACK_GUARDRAIL],
    loggingLevel: "ERROR",
    tags,
    provider,
  });
}
