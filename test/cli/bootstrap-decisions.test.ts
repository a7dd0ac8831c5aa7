import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { cliConfiguration } from "../../cli/bootstrap/cli-configuration";
import { type Found, findProblems } from "../../cli/bootstrap/find-problems";
import { commandLine } from "../../cli/bootstrap/logged-program";
import { placeholders } from "../../cli/bootstrap/placeholders";
import { planInWords, planSummary } from "../../cli/bootstrap/plan-summary";
import { requiredProviders } from "../../cli/bootstrap/required-providers";
import { bucketLabel, isOnR2, stateBuckets, statePlace } from "../../cli/bootstrap/state-place";
import { isStackStep, STEP_IDS, selectedSteps } from "../../cli/bootstrap/steps";
import type { SynthesizedStack } from "../../cli/bootstrap/synthesized-stacks";
import { parseVersion, versionProblem } from "../../cli/bootstrap/terraform-version";
import type { StackName } from "../../contract/stacks";

function stack(name: StackName, json: Record<string, unknown> = {}): SynthesizedStack {
  return {
    name,
    deployedAs: name,
    workingDirectory: `stacks/${name}`,
    json,
    state: statePlace(json),
    providers: requiredProviders(json),
  };
}

/** A machine that has all that it takes, and an app that is ready. */
function ready(change: Partial<Found> = {}, stacks: Partial<Found["app"]["stacks"]> = {}): Found {
  return {
    app: {
      stackPrefix: "",
      chosenBy: [],
      stacks: {
        primary: stack("primary", { provider: { aws: [{}] } }),
        secondary: stack("secondary", {
          provider: { digitalocean: [{}], cloudflare: [{}] },
          resource: { digitalocean_droplet: { store: {} } },
        }),
        replication: stack("replication", { provider: { aws: [{}] } }),
        edge: stack("edge", { provider: { cloudflare: [{}] } }),
        ...stacks,
      },
      warnings: [],
    },
    environment: { DIGITALOCEAN_TOKEN: "x", CLOUDFLARE_API_TOKEN: "x" },
    terraformProgram: "terraform",
    terraform: { product: "Terraform", version: "1.11.4", platform: "linux_amd64" },
    programs: new Set(["ssh"]),
    awsCredentials: true,
    missingProfiles: [],
    ...change,
  };
}

describe("what stands against a deployment", () => {
  const secretVariable = { variable: { origin_secret: { sensitive: true }, sized: { default: 3 } } };

  it.each([
    ["nothing", ready(), []],
    [
      "no Terraform",
      ready({ terraform: undefined, terraformProgram: "tofu" }),
      ['"tofu" is not there, or is neither'],
    ],
    [
      "an old one",
      ready({ terraform: { product: "OpenTofu", version: "1.9.1", platform: "linux_amd64" } }),
      ["OpenTofu is 1.9.1"],
    ],
    ["no ssh", ready({ programs: new Set() }), ["there is no ssh here"]],
    ["no AWS credentials", ready({ awsCredentials: false }), ["there are no AWS credentials"]],
    ["no key pair for the state", ready({ missingProfiles: ["r2-state"] }), ['profile "r2-state"']],
    [
      "no tokens at all",
      ready({ environment: {} }),
      [
        "DIGITALOCEAN_TOKEN is not set; needed for secondary",
        "CLOUDFLARE_API_TOKEN is not set; needed for secondary, edge",
      ],
    ],
    [
      "a variable without a value",
      ready({}, { edge: stack("edge", secretVariable), primary: stack("primary", secretVariable) }),
      ["TF_VAR_origin_secret is not set; needed for primary, edge"],
    ],
    [
      "values of the example",
      ready({}, { edge: stack("edge", { resource: { x: { host: "assets.example.com" } } }) }),
      ["values of an example were never replaced:\n      assets.example.com   in edge"],
    ],
  ] as const)("%s", (_, found, expected) => {
    const problems = findProblems(found);
    expect(problems.map(({ reason }) => reason)).toEqual(
      expected.map((start) => expect.stringContaining(start)),
    );
    // Each with a way out.
    expect(problems.every(({ remedy }) => remedy.length > 10)).toBe(true);
  });

  it("leaves variables and tokens to the workspaces where plans run elsewhere", () => {
    const cloud = { terraform: { cloud: { organization: "shop" } }, provider: { cloudflare: [{}] } };
    const found = ready(
      { environment: { DIGITALOCEAN_TOKEN: "x" } },
      {
        edge: stack("edge", { ...cloud, ...secretVariable }),
        secondary: stack("secondary", { provider: { digitalocean: [{}] } }),
      },
    );
    expect(findProblems(found)).toEqual([]);
  });

  it("takes a token that the stack itself names", () => {
    const given = { provider: { cloudflare: [{ api_token: "${var.token}" }] } };
    const found = ready(
      { environment: { DIGITALOCEAN_ACCESS_TOKEN: "x" } },
      {
        edge: stack("edge", given),
        secondary: stack("secondary", { provider: { digitalocean: [{}] } }),
      },
    );
    expect(findProblems(found)).toEqual([]);
  });
});

describe("values of an example", () => {
  it("are found once each, wherever they stand, and CDKTF's notes are not looked at", () => {
    const found = placeholders({
      "//": { note: "other.example.com" },
      resource: {
        a: [{ bucket: "example-assets", user_data: "to https://standby.example.org/x, or example.net" }],
        b: { zone_id: "1".repeat(32), again: `arn:${"1".repeat(32)}:x`, ssh_keys: ["1234567"] },
        c: { name: "_storage-failover.assets.example.com", mail: "on-call@example.com" },
      },
    });
    expect(found).toEqual([
      "example-assets",
      "standby.example.org",
      "example.net",
      "1".repeat(32),
      "1234567",
      "assets.example.com",
      "on-call@example.com",
    ]);
  });

  it.each([
    ["a name that contains the word", { name: "my-example.company.com" }],
    ["a number that is no SSH key", { count: "1234567" }],
    ["a real id", { zone_id: "0123456789abcdef0123456789abcdef" }],
    ["a bucket of the word's family", { bucket: "examples-of-mine" }],
  ])("are not: %s", (_, values) => {
    expect(placeholders({ resource: { a: values } })).toEqual([]);
  });
});

describe("the version of Terraform", () => {
  it.each([
    ["Terraform v1.11.4\non linux_amd64\n\nYour version is out of date", "Terraform", "1.11.4", true],
    ["OpenTofu v1.10.0\non darwin_arm64", "OpenTofu", "1.10.0", true],
    ["Terraform v1.9.8\non linux_amd64", "Terraform", "1.9.8", false],
    ["Terraform v2.0.0-beta1\non linux_amd64", "Terraform", "2.0.0-beta1", true],
  ] as const)("%j", (text, product, version, accepted) => {
    const parsed = parseVersion(text);
    expect(parsed).toMatchObject({ product, version });
    expect(parsed && versionProblem(parsed) === undefined).toBe(accepted);
  });

  it("is unknown where another program answers", () => {
    expect(parseVersion("Pulumi v3.0.0\non linux_amd64")).toBeUndefined();
    expect(parseVersion("")).toBeUndefined();
  });
});

describe("a plan", () => {
  const change = (...actions: string[]) => ({ address: `x.${actions.join("-")}`, change: { actions } });

  it("counts what is replaced on both sides, and what is only read on none", () => {
    const summary = planSummary({
      resource_changes: [
        change("create"),
        change("update"),
        change("delete", "create"),
        change("no-op"),
        change("read"),
      ],
    });
    expect(summary).toEqual({ add: 2, change: 1, destroyed: ["x.delete-create"], isEmpty: false });
    expect(planInWords(summary)).toBe("2 to add, 1 to change, 1 to destroy");
  });

  it("is empty when nothing changes, and not when an output does", () => {
    expect(planSummary({ resource_changes: [change("no-op")] }).isEmpty).toBe(true);
    expect(planSummary({ output_changes: { a: { actions: ["update"] } } }).isEmpty).toBe(false);
    expect(planSummary(undefined).isEmpty).toBe(true);
  });
});

describe("the place of the state", () => {
  it.each([
    [{}, { kind: "local" }],
    [{ backend: { local: { path: "x" } } }, { kind: "local" }],
    [{ cloud: { organization: "shop" } }, { kind: "cloud", organization: "shop" }],
    [{ backend: { remote: { organization: "shop" } } }, { kind: "cloud", organization: "shop" }],
    [{ backend: { gcs: { bucket: "b" } } }, { kind: "other", name: "gcs" }],
    [{ backend: { s3: { bucket: "b", region: "eu-west-1" } } }, { kind: "bucket", bucket: "b" }],
  ])("%j", (terraform, place) => {
    expect(statePlace({ terraform })).toMatchObject(place);
  });

  it("is one bucket, however many stacks keep their state there", () => {
    const onR2 = {
      kind: "bucket",
      bucket: "b",
      region: "auto",
      endpoint: "https://x.r2.cloudflarestorage.com",
    } as const;
    const onAws = { kind: "bucket", bucket: "b", region: "eu-west-1" } as const;
    expect(stateBuckets([onR2, onAws, onR2, { kind: "local" }])).toEqual([onR2, onAws]);
    expect([onR2, onAws].map(isOnR2)).toEqual([true, false]);
    expect([onR2, onAws].map(bucketLabel)).toEqual(["b at x.r2.cloudflarestorage.com", "b at Amazon S3"]);
  });
});

describe("the steps of a run", () => {
  const step = fc.constantFrom(...STEP_IDS);

  it("are in the order that works, and always begin with the checks", () => {
    fc.assert(
      fc.property(fc.option(step, { nil: undefined }), (from) => {
        const steps = selectedSteps({ from });
        expect(steps.slice(0, 2)).toEqual(["checks", "synthesize"]);
        expect(steps).toEqual(STEP_IDS.filter((id) => steps.includes(id)));
        expect(steps.at(-1)).toBe("proof");
      }),
      { seed: 5 },
    );
    fc.assert(
      fc.property(step, (only) => {
        const steps = selectedSteps({ only });
        expect(steps.filter((id) => id !== "checks" && id !== "synthesize")).toEqual(
          ["checks", "synthesize"].includes(only) ? [] : [only],
        );
        expect(steps).toContain(only);
      }),
      { seed: 5 },
    );
    expect(STEP_IDS.filter(isStackStep)).toEqual(["secondary", "primary", "replication", "edge"]);
  });
});

describe("what is written and shown", () => {
  it("is a configuration in which the edge's providers come from the mirror or not at all", () => {
    const text = cliConfiguration("/mirror of mine", "OpenTofu", ["cloudflare/cloudflare"]);
    expect(text).toContain('path = "/mirror of mine"');
    expect(text).toContain('exclude = ["registry.opentofu.org/cloudflare/cloudflare"]');
  });

  it("is a command that can be pasted", () => {
    expect(commandLine({ file: "terraform", words: ["-chdir=/a b", "plan", "-out=it's"] })).toBe(
      `terraform '-chdir=/a b' plan '-out=it'\\''s'`,
    );
  });

  it("knows providers by namespace and type, however they are named", () => {
    const required_providers = {
      aws: { source: "aws", version: "6.25.0" },
      cloudflare: { source: "registry.terraform.io/cloudflare/cloudflare" },
      random: {},
      terraform: { source: "terraform.io/builtin/terraform" },
    };
    expect(requiredProviders({ terraform: { required_providers } })).toEqual([
      { source: "hashicorp/aws", version: "6.25.0" },
      { source: "cloudflare/cloudflare", version: undefined },
      { source: "hashicorp/random", version: undefined },
    ]);
  });
});
