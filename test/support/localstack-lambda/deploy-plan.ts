import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import type { AwsApi } from "./aws-api";

type Arguments = Readonly<Record<string, unknown>>;

/** A stack's `cdk.tf.json`. */
export interface SynthesizedPlan {
  readonly resource?: Readonly<Record<string, Readonly<Record<string, Arguments>>>>;
}

export interface Deployment {
  /** What another resource would read of it, as in `("aws_sqs_queue", "events_queue", "url")`; the name may be the end of one. */
  attribute(type: string, name: string, attribute: string): string;
}

export interface DeployOptions {
  readonly zipFile: string;
  /** Variables of every function that replace those of the plan: addresses on this machine. */
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds that replace the time limit of functions, by the end of their resource's name. */
  readonly timeoutSeconds?: Readonly<Record<string, number>>;
}

/** LocalStack's one account. */
const ACCOUNT = "000000000000";

/** In this order each can refer to what is there already. */
const ORDER = [
  "aws_cloudwatch_log_group",
  "aws_iam_role",
  "aws_sqs_queue",
  "aws_cloudwatch_event_rule",
  "aws_lambda_function",
  "aws_sfn_state_machine",
  "aws_sqs_queue_policy",
  "aws_lambda_permission",
  "aws_lambda_function_event_invoke_config",
  "aws_cloudwatch_event_target",
  "aws_lambda_event_source_mapping",
] as const;

type DeployedType = (typeof ORDER)[number];

/** Creates on LocalStack what a synthesized stack says, as Terraform would: nothing of it is written down twice. */
export async function deployPlan(
  plan: SynthesizedPlan,
  api: AwsApi,
  region: string,
  options: DeployOptions,
): Promise<Deployment> {
  const attributes = new Map<string, string>();
  const code = (await readFile(options.zipFile)).toString("base64");
  const creators = creatorsFor(api, region, code, options);
  for (const type of ORDER) {
    // Queues refer to queues: the one for dead letters comes first, by what refers to it.
    const resources = Object.entries(plan.resource?.[type] ?? {}).sort(byReference(type));
    for (const [name, raw] of resources) {
      const created = await creators[type](resolved(raw, attributes), name);
      for (const [attribute, value] of Object.entries(created)) {
        attributes.set(`${type}.${name}.${attribute}`, value);
      }
    }
  }
  return {
    attribute: (type, end, attribute) => {
      const found = [...attributes].find(([path]) => {
        const [ofType, name = "", ofAttribute] = path.split(".");
        return (
          ofType === type && ofAttribute === attribute && name.replace(/_[0-9A-F]{8}$/, "").endsWith(end)
        );
      });
      if (found === undefined) throw new Error(`nothing deployed has ${type} ${end} ${attribute}`);
      return found[1];
    },
  };
}

function byReference(type: string) {
  const refers = (resource: Arguments) => Number(JSON.stringify(resource).includes(`{${type}.`));
  return ([, left]: [string, Arguments], [, right]: [string, Arguments]) => refers(left) - refers(right);
}

/** Fills in what other resources came to; a reference to something that is not deployed is an error. */
function resolved(raw: Arguments, attributes: ReadonlyMap<string, string>): Arguments {
  const text = JSON.stringify(raw).replaceAll(
    /(?<!\$)\$\{([\w-]+\.[\w-]+\.\w+)\}/g,
    (whole, path: string) => {
      const value = attributes.get(path);
      if (value === undefined) throw new Error(`${whole} refers to something that is not deployed`);
      return value;
    },
  );
  return JSON.parse(text) as Arguments;
}

type Creator = (resource: Arguments, name: string) => Promise<Readonly<Record<string, string>>>;

function creatorsFor(
  api: AwsApi,
  region: string,
  code: string,
  { environment, timeoutSeconds = {} }: DeployOptions,
): Readonly<Record<DeployedType, Creator>> {
  return {
    // LocalStack makes log groups and checks neither roles nor permissions of its own.
    aws_cloudwatch_log_group: async ({ name }) => ({
      arn: `arn:aws:logs:${region}:${ACCOUNT}:log-group:${String(name)}`,
    }),
    aws_iam_role: async ({ name }) => ({
      name: String(name),
      arn: `arn:aws:iam::${ACCOUNT}:role/${String(name)}`,
    }),
    aws_sqs_queue: async (queue) => {
      const { QueueUrl } = await api.call<{ QueueUrl: string }>("sqs", "CreateQueue", {
        QueueName: queue.name,
        Attributes: texts({
          VisibilityTimeout: queue.visibility_timeout_seconds,
          MessageRetentionPeriod: queue.message_retention_seconds,
          RedrivePolicy: queue.redrive_policy,
        }),
      });
      const arn = `arn:aws:sqs:${region}:${ACCOUNT}:${String(queue.name)}`;
      return { arn, url: QueueUrl, name: String(queue.name) };
    },
    aws_cloudwatch_event_rule: async (rule) => {
      const { RuleArn } = await api.call<{ RuleArn: string }>("events", "PutRule", {
        Name: rule.name,
        EventPattern: rule.event_pattern,
        ScheduleExpression: rule.schedule_expression,
      });
      return { arn: RuleArn, name: String(rule.name) };
    },
    aws_lambda_function: async (declared, name) => {
      const own = (declared.environment as { variables: Record<string, string> }).variables;
      const shortened = Object.entries(timeoutSeconds).find(([end]) =>
        name.replace(/_[0-9A-F]{8}$/, "").endsWith(end),
      );
      const { FunctionArn } = await api.lambda<{ FunctionArn: string }>("POST", "/functions", {
        FunctionName: declared.function_name,
        Handler: declared.handler,
        Runtime: declared.runtime,
        Architectures: declared.architectures,
        MemorySize: declared.memory_size,
        Timeout: shortened?.[1] ?? declared.timeout,
        Role: declared.role,
        Environment: { Variables: { ...own, ...environment } },
        Code: { ZipFile: code },
      });
      await untilActive(api, String(declared.function_name));
      return { arn: FunctionArn, function_name: String(declared.function_name) };
    },
    aws_sfn_state_machine: async (machine) => {
      const { stateMachineArn } = await api.call<{ stateMachineArn: string }>(
        "states",
        "CreateStateMachine",
        { name: machine.name, definition: withDecimals(machine.definition), roleArn: machine.role_arn },
      );
      return { arn: stateMachineArn, name: String(machine.name) };
    },
    aws_sqs_queue_policy: async ({ queue_url, policy }) => {
      await api.call("sqs", "SetQueueAttributes", { QueueUrl: queue_url, Attributes: { Policy: policy } });
      return {};
    },
    aws_lambda_permission: async (permission, name) => {
      await api.lambda("POST", `/functions/${String(permission.function_name)}/policy`, {
        StatementId: name,
        Action: permission.action,
        Principal: permission.principal,
        SourceArn: permission.source_arn,
      });
      return {};
    },
    aws_lambda_function_event_invoke_config: async (config) => {
      const { on_failure } = config.destination_config as { on_failure: { destination: string } };
      await api.configureInvokes(String(config.function_name), {
        MaximumRetryAttempts: config.maximum_retry_attempts,
        MaximumEventAgeInSeconds: config.maximum_event_age_in_seconds,
        DestinationConfig: { OnFailure: { Destination: on_failure.destination } },
      });
      return {};
    },
    aws_cloudwatch_event_target: async (target) => {
      const deadLetters = target.dead_letter_config as { arn: string } | undefined;
      await api.call("events", "PutTargets", {
        Rule: target.rule,
        Targets: [
          {
            Id: target.target_id,
            Arn: target.arn,
            ...(deadLetters && { DeadLetterConfig: { Arn: deadLetters.arn } }),
          },
        ],
      });
      return {};
    },
    aws_lambda_event_source_mapping: async (mapping) => {
      const scaling = mapping.scaling_config as { maximum_concurrency: number };
      const { UUID } = await api.lambda<{ UUID: string }>("POST", "/event-source-mappings", {
        EventSourceArn: mapping.event_source_arn,
        FunctionName: mapping.function_name,
        BatchSize: mapping.batch_size,
        MaximumBatchingWindowInSeconds: mapping.maximum_batching_window_in_seconds,
        FunctionResponseTypes: mapping.function_response_types,
        ScalingConfig: { MaximumConcurrency: scaling.maximum_concurrency },
      });
      return { uuid: UUID };
    },
  };
}

/** LocalStack 4.9 takes a percentage only if it has decimals; in JSON it is the same number. */
function withDecimals(definition: unknown): string {
  return String(definition).replace(/("ToleratedFailurePercentage":\d+)(?=[,}])/, "$1.0");
}

function texts(attributes: Arguments): Record<string, string> {
  return Object.fromEntries(
    Object.entries(attributes)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );
}

async function untilActive(api: AwsApi, functionName: string): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt += 1) {
    const { Configuration } = await api.lambda<{ Configuration: { State: string } }>(
      "GET",
      `/functions/${functionName}`,
    );
    if (Configuration.State === "Active") return;
    await delay(100);
  }
  throw new Error(`${functionName} did not become active within 15 s`);
}
