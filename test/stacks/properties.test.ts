import { join } from "node:path";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider";
import { DigitaloceanProvider } from "@cdktf/provider-digitalocean/lib/provider";
import { describe, expect, it } from "@jest/globals";
import { App, TerraformStack, TerraformVariable } from "cdktf";
import fc from "fast-check";
import { addFailoverChecks } from "../../lib/checks/failover-checks";
import { ConfigurationError } from "../../lib/configuration-error";
import { FailoverLoadBalancer } from "../../lib/edge/failover-load-balancer";
import { FAILOVER_LOAD_BALANCER_KINDS } from "../../lib/edge/prop-kinds";
import { OBJECT_STORE_KINDS } from "../../lib/object-store-kinds";
import { EXISTING_BUCKET_STORE_KINDS, S3_PRIMARY_STORE_KINDS } from "../../lib/primary/prop-kinds";
import { S3PrimaryStore } from "../../lib/primary/s3-primary-store";
import { REPLICATOR_KINDS } from "../../lib/replication/prop-kinds";
import { Replicator } from "../../lib/replication/replicator";
import { MinioSecondaryStore } from "../../lib/secondary/minio-secondary-store";
import { ENDPOINT_STORE_KINDS, MINIO_SECONDARY_STORE_KINDS } from "../../lib/secondary/prop-kinds";
import { StateBackend } from "../../lib/state-backend";
import { STATE_BACKEND_KINDS } from "../../lib/state-backend-kinds";
import { StorageFailover } from "../../lib/storage-failover";
import { STORAGE_FAILOVER_KINDS } from "../../lib/storage-failover-kinds";
import { exampleEdgeProps, examplePrimary, exampleSecondary } from "../lib/example-stores";
import { temporaryFolder } from "../lib/temporary-folder";
import { configWithAsset } from "./replicator-asset";

/**
 * Whatever props a caller without types gives, in whatever combination: the outcome is a plan that synthesizes and
 * keeps the rules of a plan, or a `ConfigurationError`, never an error from inside.
 */
const folder = temporaryFolder();
const outdir = join(folder, "out");
const config = configWithAsset(folder);
const assetPath = join(folder, "replicator.zip");

type Props = Readonly<Record<string, unknown>>;

/** Something that takes props: a construct, or a factory. */
interface Subject {
  readonly name: string;
  /** Props that are accepted. */
  readonly good: Props;
  /** Names of all props that there are. */
  readonly names: readonly string[];
  /** Providers that its stack has; the edge's must have no other. */
  readonly providers: readonly (keyof typeof PROVIDERS)[];
  readonly make: (stack: TerraformStack, props: Props) => unknown;
}

const PROVIDERS = {
  aws: (stack: TerraformStack) => new AwsProvider(stack, "aws", {}),
  cloudflare: (stack: TerraformStack) => new CloudflareProvider(stack, "cloudflare", {}),
  digitalocean: (stack: TerraformStack) => new DigitaloceanProvider(stack, "digitalocean", {}),
};

/** What a caller without types can do. */
function untyped<Value>(value: unknown): Value {
  return value as Value;
}

const SUBJECTS: readonly Subject[] = [
  {
    name: "S3PrimaryStore",
    providers: ["aws"],
    good: { ...config.primary },
    names: Object.keys(S3_PRIMARY_STORE_KINDS),
    make: (stack, props) => new S3PrimaryStore(stack, "subject", untyped(props)),
  },
  {
    name: "S3PrimaryStore.fromBucket",
    providers: ["aws"],
    good: { bucketName: "existing", region: "eu-central-1", versioned: true, createHealthObject: true },
    names: Object.keys(EXISTING_BUCKET_STORE_KINDS),
    make: (stack, props) => S3PrimaryStore.fromBucket(stack, "subject", untyped(props)),
  },
  {
    name: "MinioSecondaryStore",
    providers: ["digitalocean", "cloudflare"],
    good: { ...config.secondary, zoneName: config.zoneName, zoneId: config.zoneId },
    names: Object.keys(MINIO_SECONDARY_STORE_KINDS),
    make: (stack, props) => new MinioSecondaryStore(stack, "subject", untyped(props)),
  },
  {
    name: "MinioSecondaryStore.fromEndpoint",
    providers: [],
    good: {
      bucketName: "standby",
      endpoint: "https://objects.example.net",
      region: "us-east-1",
      addressStyle: "path",
      originHost: "standby.example.net",
      credentialsSecretName: "storage-failover/standby",
      versioned: true,
    },
    names: Object.keys(ENDPOINT_STORE_KINDS),
    make: (_stack, props) => MinioSecondaryStore.fromEndpoint(untyped(props)),
  },
  {
    name: "FailoverLoadBalancer",
    providers: ["cloudflare"],
    good: { ...exampleEdgeProps, zoneId: config.zoneId, accountId: config.accountId },
    names: Object.keys(FAILOVER_LOAD_BALANCER_KINDS),
    make: (stack, props) => new FailoverLoadBalancer(stack, "subject", untyped(props)),
  },
  {
    name: "Replicator",
    providers: ["aws"],
    good: { primary: examplePrimary, secondary: exampleSecondary, hostname: config.hostname, assetPath },
    names: Object.keys(REPLICATOR_KINDS),
    make: (stack, props) => new Replicator(stack, "subject", untyped(props)),
  },
  {
    name: "FailoverLoadBalancer's store",
    providers: ["cloudflare"],
    good: { ...exampleSecondary },
    names: Object.keys(OBJECT_STORE_KINDS),
    make: (stack, secondary) =>
      new FailoverLoadBalancer(stack, "subject", {
        ...exampleEdgeProps,
        ...IDS,
        secondary: untyped(secondary),
      }),
  },
  {
    name: "Replicator's store",
    providers: ["aws"],
    good: { ...examplePrimary },
    names: Object.keys(OBJECT_STORE_KINDS),
    make: (stack, primary) =>
      new Replicator(stack, "subject", {
        ...{ primary: untyped(primary), secondary: exampleSecondary, hostname: config.hostname, assetPath },
      }),
  },
  ...(["r2", "s3", "local", "terraformCloud"] as const).map((kind) => ({
    name: `StateBackend.${kind}`,
    providers: [],
    good: GOOD_BACKENDS()[kind],
    names: Object.keys(STATE_BACKEND_KINDS[kind]),
    make: (stack: TerraformStack, props: Props) => StateBackend[kind](untyped(props)).attachTo(stack),
  })),
  {
    name: "StorageFailover",
    providers: [],
    good: { ...config, activeProvider: "primary" },
    names: Object.keys(STORAGE_FAILOVER_KINDS),
    make: (stack, props) => new StorageFailover(stack.node.scope ?? stack, "subject", untyped(props)),
  },
];

function GOOD_BACKENDS() {
  return {
    r2: { accountId: config.accountId, bucket: "state" },
    s3: { bucket: "state", region: "eu-central-1" },
    local: {},
    terraformCloud: { organization: "team" },
  };
}

/** Texts that services refuse, or that mean something to a program on the way. */
const TEXTS = [
  ...[
    "",
    " ",
    "a",
    ".",
    "..",
    "-",
    "_",
    "/",
    "\\",
    "\u0000",
    "\u001b[2J",
    "\n",
    "ä",
    "日本",
    "😀",
    "\ud800",
    "a\u202eb",
  ],
  ...[
    "${",
    "%{",
    "${var.x}",
    "$${x}",
    '"',
    "'",
    "`",
    "{{",
    "}}",
    "<script>",
    "a".repeat(300),
    "x".repeat(70_000),
  ],
  ...["true", "null", "NaN", "0", "-1", "__proto__", "constructor", "toString", "hasOwnProperty"],
  ...["primary", "secondary", "cloudflare", "cloudfront", "STANDARD_IA", "governance", "daily", "enterprise"],
  ...[
    "https://example.com",
    "http://example.com",
    "example.com",
    "assets.example.com",
    "10.0.0.0/8",
    "0.0.0.0/0",
  ],
  ...["eu-central-1", "fra1", "arn:aws:kms:eu-central-1:111111111111:key/a", "me@example.com", "nodejs22.x"],
];

/** What stands for a reference that Terraform resolves. */
const TOKENS = ["a token", "a number token", "a list token"] as const;

/** Values that JavaScript has and no prop takes. */
const ODD_VALUES: readonly unknown[] = [
  ...[
    null,
    undefined,
    true,
    false,
    NaN,
    Infinity,
    -Infinity,
    -0,
    0,
    1,
    -1,
    1.5,
    1e21,
    2 ** 53,
    7n,
    Symbol("x"),
  ],
  ...[
    () => "x",
    new Date(0),
    /x/,
    new Map([["a", 1]]),
    Object.create(null),
    circular(),
    [[]],
    [null],
    [undefined],
  ],
  ...[
    [1, "a"],
    ["a", "a"],
    {},
    { a: null },
    { a: { b: "c" } },
    new Error("x"),
    new Uint8Array(3),
    new Array(3),
  ],
];

function circular(): Record<string, unknown> {
  const value: Record<string, unknown> = {};
  value.self = value;
  return value;
}

const text = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 40 }),
);

const value: fc.Arbitrary<unknown> = fc.oneof(
  text,
  fc.constantFrom(...ODD_VALUES),
  fc.integer({ min: -10, max: 5000 }),
  fc.boolean(),
  fc.array(fc.oneof(text, fc.constantFrom(...ODD_VALUES)), { maxLength: 4 }),
  fc.dictionary(text, fc.oneof(text, fc.constantFrom(...ODD_VALUES)), { maxKeys: 3 }),
  fc.constantFrom(...TOKENS).map((token) => ({ token })),
);

/** One to four props changed, now and then one that does not exist, now and then no object at all. */
function changedProps({ good, names }: Subject): fc.Arbitrary<unknown> {
  const name = fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: text });
  const changes = fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 4 });
  return fc.oneof(
    { weight: 30, arbitrary: changes.map((entries) => ({ ...good, ...Object.fromEntries(entries) })) },
    { weight: 1, arbitrary: value },
  );
}

/** What came of it; throws whatever is no refusal, and when the plan breaks a rule. */
function outcome({ name, providers, make }: Subject, props: unknown): "a plan" | "a refusal" {
  const app = new App({ outdir, stackTraces: false });
  const stack = new TerraformStack(app, "stack");
  for (const provider of providers) {
    PROVIDERS[provider](stack);
  }
  const variable = new TerraformVariable(stack, "given", { type: "string", sensitive: true });
  try {
    make(stack, untyped(withTokens(props, variable)));
  } catch (error) {
    if (error instanceof ConfigurationError) {
      expect(error.message).toContain(`[${error.code}] at `);
      return "a refusal";
    }
    throw error;
  }
  if (!name.startsWith("StateBackend")) {
    StateBackend.local().attachTo(stack);
  }
  addFailoverChecks(stack, {
    exceptions: [{ rule: "protected-from-destroy", reason: "protectFromDestroy may be false" }],
  });
  app.synth();
  return "a plan";
}

const IDS = { zoneId: config.zoneId, accountId: config.accountId };

/** Tokens belong to the stack, so that they are put in when there is one. */
function withTokens(props: unknown, variable: TerraformVariable): unknown {
  if (typeof props !== "object" || props === null || Array.isArray(props)) {
    return props;
  }
  const tokens: Readonly<Record<string, unknown>> = {
    "a token": variable.stringValue,
    "a number token": variable.numberValue,
    "a list token": variable.listValue,
  };
  return Object.fromEntries(
    Object.entries(props).map(([name, given]) => {
      const kind: unknown =
        typeof given === "object" && given !== null ? Reflect.get(given, "token") : undefined;
      return [name, typeof kind === "string" ? tokens[kind] : given];
    }),
  );
}

/** What once was neither: each found by the properties below. */
const REGRESSIONS: readonly (readonly [string, Props])[] = [
  ["Replicator", { assetPath: "." }],
  ["Replicator", { resolvers: { token: "a list token" } }],
  ["Replicator", { timeoutSeconds: { token: "a number token" } }],
  ["S3PrimaryStore", { longestOutageDays: { token: "a number token" } }],
  ["FailoverLoadBalancer", { hostname: { token: "a token" } }],
  ["FailoverLoadBalancer", { regionPools: { WEU: null } }],
  ["FailoverLoadBalancer's store", { healthBody: "" }],
  ["StorageFailover", { edgeBackend: "" }],
  ["StorageFailover", { accountId: { token: "a token" } }],
  ["StorageFailover", { objectives: { rtoSeconds: "60" } }],
  ["StorageFailover", { providerVersions: { aws: 6 } }],
  ["StorageFailover", { checkExceptions: [{ rule: "no-such-rule", reason: "a typing error" }] }],
  ["StorageFailover", { checkExceptions: [{ rule: "bucket-versioned", reason: " " }] }],
  ["StorageFailover", { replication: { region: "nowhere" } }],
  ["StorageFailover", { protectFromDestory: false }],
];

it.each(REGRESSIONS)("%s refuses %j in words", (name, change) => {
  const subject = SUBJECTS.find((each) => each.name === name);

  expect(subject && outcome(subject, { ...subject.good, ...change })).toBe("a refusal");
});

describe.each(SUBJECTS)("$name", (subject) => {
  it("accepts the props that the others start from", () => {
    expect(outcome(subject, subject.good)).toBe("a plan");
  });

  it("takes a reference in the place of any prop, or refuses it in words", () => {
    for (const prop of subject.names) {
      for (const token of TOKENS) {
        outcome(subject, { ...subject.good, [prop]: { token } });
      }
    }
  });

  it("makes a plan of any props, or refuses them in words", () => {
    fc.assert(
      fc.property(changedProps(subject), (props) => {
        outcome(subject, props);
      }),
      { seed: 5, numRuns: 60 },
    );
  });
});
