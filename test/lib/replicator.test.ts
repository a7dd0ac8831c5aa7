import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { DEFAULT_RESOLVERS, MARKER_VARIABLES, storeVariables } from "../../contract/environment";
import { markerRecordName } from "../../contract/marker";
import { readConfig } from "../../lambda/replicator/config";
import { packageFile } from "../../lib/private/package-root";
import type { ReplicatorProps } from "../../lib/replication/replicator";
import { replicatorCode } from "../../lib/replication/replicator-code";
import { exampleReplicator } from "./example-replicator";
import { examplePrimary, exampleSecondary } from "./example-stores";
import { itRefusesEach, type RefusedInput } from "./refusal";
import { temporaryFolder } from "./temporary-folder";

const folder = temporaryFolder();
const { assetBytes, assetPath, createReplicator, synthesizeReplicator } = exampleReplicator(folder);

describe("the function", () => {
  it("runs the prebuilt zip, which is found where the plan says, and is deployed again only when its bytes change", () => {
    const { only, stackFolder } = synthesizeReplicator();

    const code = only("aws_lambda_function");

    expect(readFileSync(join(stackFolder, String(code.filename)), "utf8")).toBe(assetBytes);
    expect(code.source_code_hash).toBe(createHash("sha256").update(assetBytes).digest("base64"));
    expect(code.handler).toBe("handler.handler");
  });

  it("has room to work by default: not the 3 seconds and 128 MB that Lambda gives", () => {
    const { only } = synthesizeReplicator();

    expect(only("aws_lambda_function")).toMatchObject({
      function_name: "storage-failover-example-assets-primary",
      runtime: "nodejs24.x",
      architectures: ["arm64"],
      memory_size: 1024,
      timeout: 840,
    });
    expect(only("aws_lambda_function")).not.toHaveProperty("reserved_concurrent_executions");
  });

  it("takes every knob", () => {
    const { only } = synthesizeReplicator({
      runtime: "nodejs22.x",
      architecture: "x86_64",
      memoryMiB: 2048,
      timeoutSeconds: 900,
      reservedConcurrency: 1,
      functionName: "mirror",
      logRetentionDays: 7,
      tags: { team: "storage" },
    });

    expect(only("aws_lambda_function")).toMatchObject({
      function_name: "mirror",
      runtime: "nodejs22.x",
      architectures: ["x86_64"],
      memory_size: 2048,
      timeout: 900,
      reserved_concurrent_executions: 1,
      tags: { team: "storage" },
    });
    expect(only("aws_cloudwatch_log_group")).toMatchObject({
      name: "/aws/lambda/mirror",
      retention_in_days: 7,
    });
    expect(only("aws_iam_role")).toMatchObject({ name: "mirror" });
  });

  it("keeps its names within AWS's limit for the longest bucket name", () => {
    const { only } = synthesizeReplicator({ primary: { ...examplePrimary, bucketName: "b".repeat(63) } });

    expect(String(only("aws_lambda_function").function_name)).toHaveLength(64);
    expect(only("aws_iam_role").name).toBe(only("aws_lambda_function").function_name);
  });

  it("is told where the stores and the marker are, and no secret", () => {
    const { only } = synthesizeReplicator({ markerHoldSeconds: 15, requestTimeoutSeconds: 10 });
    const [primary, secondary] = [storeVariables("primary"), storeVariables("secondary")];

    expect(only("aws_lambda_function").environment).toEqual({
      variables: {
        [primary.endpoint]: "https://s3.eu-central-1.amazonaws.com",
        [primary.bucket]: "example-assets-primary",
        [primary.region]: "eu-central-1",
        [primary.addressStyle]: "virtual",
        [secondary.endpoint]: "https://assets-standby.example.com",
        [secondary.bucket]: "assets-standby",
        [secondary.region]: "us-east-1",
        [secondary.addressStyle]: "path",
        [secondary.credentialsSecret]: "storage-failover/assets-standby",
        [MARKER_VARIABLES.name]: markerRecordName("assets.example.com"),
        [MARKER_VARIABLES.resolvers]: DEFAULT_RESOLVERS.join(","),
        [MARKER_VARIABLES.holdSeconds]: "15",
        REQUEST_TIMEOUT_SECONDS: "10",
      },
    });
  });

  it("may log before it first runs, into a group whose retention is set", () => {
    const { only } = synthesizeReplicator();

    expect(only("aws_lambda_function").depends_on).toEqual([
      expect.stringMatching(/^aws_cloudwatch_log_group\./),
      expect.stringMatching(/^aws_iam_role_policy\./),
    ]);
    expect(only("aws_cloudwatch_log_group").retention_in_days).toBe(30);
    expect(only("aws_lambda_function").logging_config).toEqual({ log_format: "JSON" });
  });
});

describe("the role", () => {
  it("reads secrets of its own account only, with a variable that Terraform leaves alone", () => {
    const { statements, text } = synthesizeReplicator();

    const reading = statements().find(({ Action }) => Action.includes("secretsmanager:GetSecretValue"));

    expect(reading?.Condition).toEqual({
      StringEquals: { "aws:ResourceAccount": "$${aws:PrincipalAccount}" },
    });
    expect(text.match(/(?<!\$)\$\{aws:/g)).toBeNull();
  });

  it("reaches a store by role where there is no secret, and by nothing but its secret where there is one", () => {
    const { statements, only } = synthesizeReplicator({
      primary: { ...examplePrimary, credentialsSecretName: "team/primary" },
    });

    const actions = statements().flatMap(({ Action }) => Action);

    expect(actions.filter((action) => action.startsWith("s3:"))).toEqual([]);
    expect(actions.filter((action) => action.startsWith("secretsmanager:"))).toHaveLength(2);
    expect(only("aws_lambda_function").environment).toMatchObject({
      variables: { [storeVariables("primary").credentialsSecret]: "team/primary" },
    });
  });

  it("warns at synth of a store that keeps no versions, and of no other", () => {
    const warningsOf = (change: Partial<ReplicatorProps>) =>
      createReplicator(change)
        .replicator.node.metadata.filter(({ type }) => type.includes("warn"))
        .map(({ data }) => String(data));

    expect(warningsOf({})).toEqual([]);
    expect(warningsOf({ secondary: { ...exampleSecondary, versioned: false } })).toEqual([
      expect.stringMatching(/^the secondary store assets-standby keeps no versions: .*nothing is deleted/),
    ]);
  });

  it.each([
    [
      { maximumDeletions: 0, maximumDeletionsPercent: 3 },
      { mode: "markers", mostKeys: 0, mostPercent: 3 },
    ],
    [{ deletions: "off" }, { mode: "off" }],
  ] as const)(
    "is told what to do about deletions by %j, as its own configuration reads it",
    (change, deletes) => {
      const { only } = synthesizeReplicator({ ...change, s3Client: "sdk" });

      const { variables } = only("aws_lambda_function").environment as { variables: Record<string, string> };
      expect(readConfig(variables)).toMatchObject({ deletes, s3Client: "sdk" });
    },
  );
});

describe("the schedule", () => {
  it.each([
    [undefined, "rate(5 minutes)", 300],
    // AWS refuses "rate(1 minutes)".
    [1, "rate(1 minute)", 60],
    [60, "rate(60 minutes)", 3600],
  ])("runs every %s minutes as %s, and never tries a run again", (everyMinutes, expression, oldest) => {
    const { only } = synthesizeReplicator({ everyMinutes });

    expect(only("aws_cloudwatch_event_rule").schedule_expression).toBe(expression);
    expect(only("aws_lambda_function_event_invoke_config")).toMatchObject({
      maximum_retry_attempts: 0,
      maximum_event_age_in_seconds: oldest,
    });
    expect(only("aws_cloudwatch_event_target").retry_policy).toMatchObject({ maximum_retry_attempts: 0 });
  });

  it("leaves what it cannot start, and what failed, in an encrypted queue that nobody else may fill", () => {
    const { only, resources } = synthesizeReplicator();
    const arn = expect.stringMatching(/^\$\{aws_sqs_queue\.replicator_dead-letter-queue_\w+\.arn\}$/);

    expect(only("aws_sqs_queue")).toMatchObject({
      name: "storage-failover-example-assets-primary-failed",
      message_retention_seconds: 14 * 24 * 3600,
      sqs_managed_sse_enabled: true,
    });
    expect(only("aws_cloudwatch_event_target")).toMatchObject({
      dead_letter_config: { arn },
      depends_on: expect.arrayContaining([expect.stringMatching(/^aws_sqs_queue_policy\./)]),
    });
    expect(only("aws_lambda_function_event_invoke_config").destination_config).toEqual({
      on_failure: { destination: arn },
    });
    expect(JSON.parse(String(only("aws_sqs_queue_policy").policy)).Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: arn,
        Condition: {
          ArnEquals: {
            "aws:SourceArn": expect.stringMatching(/^\$\{aws_cloudwatch_event_rule\.replicator_schedule_/),
          },
        },
      },
    ]);
    expect(Object.keys(resources.aws_sqs_queue_policy ?? {})).toHaveLength(1);
  });

  it("is the only one that may start the function", () => {
    const { only } = synthesizeReplicator();

    expect(only("aws_lambda_permission")).toMatchObject({
      action: "lambda:InvokeFunction",
      principal: "events.amazonaws.com",
      source_arn: expect.stringMatching(/^\$\{aws_cloudwatch_event_rule\./),
    });
  });
});

describe("encryption", () => {
  const encryptionKeyArn = "arn:aws:kms:eu-central-1:111122223333:key/00000000-0000-0000-0000-000000000001";
  const all = { events: true, fanOut: true, alarmEmails: ["a@example.com"] };
  const valuesOf = (change: Partial<ReplicatorProps>, type: string, attribute: string) =>
    Object.values(synthesizeReplicator({ ...all, ...change }).resources[type] ?? {}).map(
      (resource) => resource[attribute],
    );

  it.each([
    ["aws_lambda_function", "kms_key_arn", 3],
    ["aws_cloudwatch_log_group", "kms_key_id", 3],
    ["aws_sqs_queue", "kms_master_key_id", 3],
    ["aws_sns_topic", "kms_master_key_id", 1],
  ])("is by the customer's key in each %s, where there is one", (type, attribute, count) => {
    expect(valuesOf({ encryptionKeyArn }, type, attribute)).toEqual(
      Array.from({ length: count }, () => encryptionKeyArn),
    );
    expect(valuesOf({}, type, attribute)).toEqual(Array.from({ length: count }, () => undefined));
  });

  it("of queues is by SQS's own keys where there is none, and by one of the two, not both", () => {
    expect(valuesOf({}, "aws_sqs_queue", "sqs_managed_sse_enabled")).toEqual([true, true, true]);
    expect(valuesOf({ encryptionKeyArn }, "aws_sqs_queue", "sqs_managed_sse_enabled")).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("tracing", () => {
  it("is off unless it is asked for, and then covers functions and fan-outs", () => {
    const drivers = { events: true, fanOut: true };
    const of = (change: Partial<ReplicatorProps>, type: string, attribute: string) =>
      Object.values(synthesizeReplicator({ ...drivers, ...change }).resources[type] ?? {}).map(
        (resource) => resource[attribute],
      );

    expect(of({}, "aws_lambda_function", "tracing_config")).toEqual([undefined, undefined, undefined]);
    expect(of({ tracing: true }, "aws_lambda_function", "tracing_config")).toEqual([
      { mode: "Active" },
      { mode: "Active" },
      { mode: "Active" },
    ]);
    expect(of({ tracing: true }, "aws_sfn_state_machine", "tracing_configuration")).toEqual([
      { enabled: true },
    ]);
    expect(of({}, "aws_sfn_state_machine", "tracing_configuration")).toEqual([undefined]);
  });
});

describe("bad input", () => {
  const path = (prop: keyof ReplicatorProps) => `replication/replicator/${prop}`;
  const attempt = (change: Partial<ReplicatorProps>) => () => createReplicator(change);

  const outOfRange: [keyof ReplicatorProps, number, string][] = [
    ["everyMinutes", 0, "whole minutes from 1 to 60"],
    ["everyMinutes", 61, "whole minutes from 1 to 60"],
    ["everyMinutes", 2.5, "whole minutes from 1 to 60"],
    ["timeoutSeconds", 901, "whole seconds from 60 to 900"],
    ["timeoutSeconds", 3, "whole seconds from 60 to 900"],
    ["memoryMiB", 64, "whole MiB from 128 to 10240"],
    ["reservedConcurrency", 0, "from 1 to 100"],
    ["maximumLagMinutes", 1441, "from 1 to 1440"],
    ["markerHoldSeconds", 0, "from 1 to 300"],
    ["requestTimeoutSeconds", 301, "from 1 to 300"],
    ["maximumDeletions", -1, "from 0 to 1000000"],
    ["maximumDeletionsPercent", 101, "from 0 to 100"],
    ["maximumLagMinutes", 5, "more minutes than 5"],
  ];
  const invalid: [keyof ReplicatorProps, unknown, string, string][] = [
    ["hostname", "https://assets.example.com", "without scheme", "assets.example.com"],
    ["functionName", "assets replicator", "hyphens and underscores", "assets-replicator"],
    ["functionName", "a".repeat(65), "1 to 64", "assets-replicator"],
    ["runtime", "nodejs18.x", "nodejs20.x or newer", "nodejs24.x"],
    ["runtime", "python3.13", "nodejs20.x or newer", "nodejs24.x"],
    ["logRetentionDays", 31, "30, 60", "choose one of these"],
    ["deletions", "all", "markers or off", "reported only"],
    ["s3Client", "fast", "thin or sdk", "thin"],
    ["encryptionKeyArn", "alias/replicator", "not of an alias", "key/<key id>"],
    [
      "encryptionKeyArn",
      "arn:aws:kms:eu-central-1:111122223333:alias/replicator",
      "not of an alias",
      "key/<key id>",
    ],
    ["resolvers", ["https://dns.google/resolve"], "two https URLs", "leave it away"],
    ["resolvers", ["https://dns.google/a", "https://dns.google/b"], "of different hosts", "leave it away"],
    [
      "resolvers",
      ["http://1.1.1.1/dns-query", "https://dns.google/resolve"],
      "two https URLs",
      "leave it away",
    ],
    ["resolvers", ["https://a.example/x,y", "https://b.example/"], "two https URLs", "leave it away"],
  ];
  const refused: RefusedInput[] = [
    ...outOfRange.map(
      ([prop, value, allowed]): RefusedInput => ({
        input: `${value} for ${prop}`,
        attempt: attempt({ [prop]: value }),
        code: "NUMBER_OUT_OF_RANGE",
        path: path(prop),
        value,
        allowed,
        fix: "choose",
      }),
    ),
    ...invalid.map(
      ([prop, value, allowed, fix]): RefusedInput => ({
        input: `${String(value)} for ${prop}`,
        attempt: attempt({ [prop]: value }),
        code: "VALUE_INVALID",
        path: path(prop),
        value,
        allowed,
        fix,
      }),
    ),
    ...(["maximumDeletions", "maximumDeletionsPercent"] as const).map(
      (prop): RefusedInput => ({
        input: `${prop} where deletions are only reported`,
        attempt: attempt({ deletions: "off", [prop]: 5 }),
        code: "VALUE_INVALID",
        path: path(prop),
        value: 5,
        allowed: 'together with deletions "markers"',
        fix: "leave this away",
      }),
    ),
    ...(
      [
        [{ "aws:team": "storage" }, "aws:team=storage", "do not begin with aws:"],
        [{ team: "storage & web" }, "team=storage & web", "letters, digits, spaces"],
        [{ "": "storage" }, "=storage", "1 to 128 characters"],
        [{ team: "a".repeat(257) }, `team=${"a".repeat(257)}`, "up to 256"],
        [Object.fromEntries(Array.from({ length: 51 }, (_, number) => [`tag${number}`, ""])), 51, "up to 50"],
      ] as const
    ).map(
      ([tags, value, allowed]): RefusedInput => ({
        input: `tags such as ${String(value)}`,
        attempt: attempt({ tags }),
        code: "VALUE_INVALID",
        path: path("tags"),
        value,
        allowed,
        fix: "team",
      }),
    ),
    {
      input: "stores that stand in each other's place",
      attempt: attempt({ primary: exampleSecondary, secondary: examplePrimary }),
      code: "STORES_NOT_DISTINCT",
      path: path("primary"),
      value: "secondary",
      allowed: "primary",
      fix: "change activeProvider",
    },
    {
      input: "one bucket as both stores",
      attempt: attempt({ secondary: { ...examplePrimary, storeName: "secondary" } }),
      code: "STORES_NOT_DISTINCT",
      path: path("secondary"),
      value: "https://s3.eu-central-1.amazonaws.com/example-assets-primary",
      allowed: "two buckets",
      fix: "another bucket",
    },
    {
      input: "a zip that has not been built",
      attempt: attempt({ assetPath: join(folder, "missing.zip") }),
      code: "ASSET_MISSING",
      path: path("assetPath"),
      value: join(folder, "missing.zip"),
      allowed: "handler.js",
      fix: "npm run build:lambda",
    },
  ];

  itRefusesEach(refused);

  it("looks for the zip at the top of this package, unless given another", () => {
    const packageFolder = join(__dirname, "..", "..");

    expect(packageFile("assets", "replicator.zip")).toBe(join(packageFolder, "assets", "replicator.zip"));
    expect(replicatorCode(assetPath, "path").path).toBe(assetPath);
  });
});
