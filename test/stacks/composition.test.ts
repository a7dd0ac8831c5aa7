import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { App, TerraformStack } from "cdktf";
import { STACK_NAMES } from "../../contract/stacks";
import { ExistingBucketStore } from "../../lib/primary/existing-bucket-store";
import { S3PrimaryStore } from "../../lib/primary/s3-primary-store";
import { StorageFailover } from "../../lib/storage-failover";
import type { StorageFailoverProps } from "../../lib/storage-failover-props";
import { synthesizeStacks } from "../../stacks/synthesize";
import { refusalOf } from "../lib/refusal";
import { temporaryFolder } from "../lib/temporary-folder";
import { configWithAsset } from "./replicator-asset";

/** How the constructs are put together: what one says in `StorageFailoverProps`, and in which stack it arrives. */
const folder = temporaryFolder();
const config = configWithAsset(folder);
let outputs = 0;

function newApp(): App {
  outputs += 1;
  return new App({ outdir: join(folder, `out-${outputs}`), stackTraces: false });
}

function failover(change: Partial<StorageFailoverProps>, app = newApp(), id = "failover"): StorageFailover {
  return new StorageFailover(app, id, { ...config, activeProvider: "primary", ...change });
}

type Plan = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function planOf(app: App, stack: string): Plan {
  return JSON.parse(readFileSync(join(app.outdir, "stacks", stack, "cdk.tf.json"), "utf8"));
}

const existingPrimary = {
  bucketName: "example-downloads",
  region: "eu-central-1",
  versioned: true,
  healthPath: "/healthy.txt",
  healthBody: "frankfurt is healthy",
} as const;

const existingSecondary = {
  bucketName: "downloads",
  endpoint: "https://s3.eu-central-2.wasabisys.com",
  region: "eu-central-2",
  addressStyle: "path",
  originHost: "downloads-standby.example.com",
  credentialsSecretName: "storage-failover/downloads",
  versioned: true,
  healthPath: "/healthy.txt",
  healthBody: "the standby is healthy",
} as const;

describe("stores that exist", () => {
  it("are what edge and replication are told of, and nothing is added to them", () => {
    const app = newApp();
    const { primaryStore, secondaryStore } = failover(
      { primary: undefined, secondary: undefined, existingPrimary, existingSecondary },
      app,
    );
    app.synth();

    expect(primaryStore).toBeInstanceOf(ExistingBucketStore);
    expect(secondaryStore.endpoint).toBe(existingSecondary.endpoint);
    expect(planOf(app, "primary").resource).toBeUndefined();
    expect(planOf(app, "secondary").resource).toBeUndefined();
    expect(planOf(app, "secondary").provider).toBeUndefined();
    const pools = Object.values(planOf(app, "edge").resource?.cloudflare_load_balancer_pool ?? {});
    expect(pools.map((pool) => pool.origins[0].address)).toEqual([
      "example-downloads.s3.eu-central-1.amazonaws.com",
      "downloads-standby.example.com",
    ]);
  });

  it("ask for no secret where the policy that would accept it is somebody else's", () => {
    const app = newApp();
    failover({ primary: undefined, existingPrimary, useOriginSecret: true }, app);
    app.synth();

    expect(planOf(app, "primary").variable).toBeUndefined();
    expect(planOf(app, "edge").variable).toHaveProperty("origin_secret");
  });

  it("get what was asked for, in the stack primary", () => {
    const app = newApp();
    failover(
      {
        primary: undefined,
        existingPrimary: {
          bucketName: "example-downloads",
          region: "eu-central-1",
          versioned: true,
          createHealthObject: true,
          manageReadPolicy: true,
        },
        useOriginSecret: true,
      },
      app,
    );
    app.synth();

    expect(Object.keys(planOf(app, "primary").resource ?? {})).toEqual([
      "aws_s3_bucket_policy",
      "aws_s3_object",
    ]);
    expect(JSON.stringify(planOf(app, "primary").resource)).toContain("${var.origin_secret}");
  });

  it.each([
    ["neither is said", { primary: undefined }, undefined],
    ["both are said", { existingPrimary }, "primary and existingPrimary"],
  ])("are refused where %s", (_, change, value) => {
    const refusal = refusalOf(() => failover(change));

    expect(refusal).toMatchObject({ code: "VALUE_INVALID", path: "failover/primary", value });
    expect(refusal.allowed).toBe("either primary or existingPrimary");
  });
});

describe("two in one app", () => {
  it("have stacks, state and resources of their own", () => {
    const app = newApp();
    failover({ stackNamePrefix: "images" }, app, "images");
    failover(
      {
        stackNamePrefix: "videos",
        hostname: "videos.example.com",
        primary: { ...config.primary, bucketName: "example-videos" },
        secondary: { ...config.secondary, bucketName: "videos", originHost: "videos-standby.example.com" },
        edge: { ...config.edge, manageZoneRules: false },
      },
      app,
      "videos",
    );
    app.synth();

    const stacks = app.node.findAll().filter((node) => TerraformStack.isStack(node));
    expect(stacks.map((stack) => stack.node.id)).toEqual([
      "images-primary",
      "images-secondary",
      "images-replication",
      "images-edge",
      "videos-primary",
      "videos-secondary",
      "videos-replication",
      "videos-edge",
    ]);
    const keys = stacks.map((stack) => JSON.stringify(planOf(app, stack.node.id).terraform?.backend));
    expect(new Set(keys).size).toBe(stacks.length);
    expect(JSON.stringify(planOf(app, "videos-replication"))).not.toContain("example-assets");
  });
});

it("the plans of a prefixed system are read under the stacks' own names", () => {
  const outdir = join(folder, "prefixed");
  const plans = synthesizeStacks({
    activeProvider: "primary",
    config: { ...config, stackNamePrefix: "images" },
    outdir,
  });

  expect(Object.keys(plans)).toEqual([...STACK_NAMES]);
  expect(readdirSync(join(outdir, "stacks")).sort()).toEqual(
    STACK_NAMES.map((name) => `images-${name}`).sort(),
  );
});

it("old versions are kept as long on either store", () => {
  const app = newApp();
  failover({ longestOutageDays: 60 }, app);
  app.synth();

  const { rule } = Object.values(
    planOf(app, "primary").resource?.aws_s3_bucket_lifecycle_configuration ?? {},
  )[0];
  expect(rule[0].noncurrent_version_expiration).toEqual([{ noncurrent_days: 67 }]);
  expect(JSON.stringify(planOf(app, "secondary").resource)).toMatch(/NoncurrentDays\W+67/);
});

describe("the origin secret", () => {
  it("is asked for by both stores and sent by the edge, each by a variable of its own stack", () => {
    const app = newApp();
    failover({ useOriginSecret: true }, app);
    app.synth();

    for (const stack of ["primary", "edge"]) {
      expect(planOf(app, stack).variable?.origin_secret).toMatchObject({ sensitive: true });
    }
    expect(planOf(app, "secondary").variable).toBeUndefined();
    expect(JSON.stringify(planOf(app, "secondary"))).toContain("Referer");
  });

  it("and the one before it are both accepted while it is being changed", () => {
    const app = newApp();
    failover({ useOriginSecret: true, acceptPreviousOriginSecret: true }, app);
    app.synth();

    expect(JSON.stringify(planOf(app, "primary").resource)).toContain("${var.previous_origin_secret}");
    expect(planOf(app, "edge").variable).not.toHaveProperty("previous_origin_secret");
  });

  it("has no predecessor where there is none", () => {
    expect(refusalOf(() => failover({ acceptPreviousOriginSecret: true }))).toMatchObject({
      code: "VALUE_INVALID",
      path: "failover/acceptPreviousOriginSecret",
    });
  });
});

describe("objectives", () => {
  it("that the configuration keeps are accepted", () => {
    expect(() => failover({ objectives: { rtoSeconds: 90, rpoSeconds: 600 } })).not.toThrow();
  });

  it.each([
    ["rtoSeconds", { rtoSeconds: 30 }, /plan|intervalSeconds/],
    ["rpoSeconds", { rpoSeconds: 120 }, /everyMinutes/],
  ])("that it cannot keep are refused, with the knob to turn: %s", (prop, objectives, knob) => {
    const refusal = refusalOf(() => failover({ objectives }));

    expect(refusal).toMatchObject({ code: "OBJECTIVE_UNREACHABLE", path: `failover/objectives/${prop}` });
    expect(refusal.fix).toMatch(knob);
  });

  it("use how often the replicator runs", () => {
    const objectives = { rpoSeconds: 120 };

    expect(() =>
      failover({ objectives, replication: { ...config.replication, everyMinutes: 1 } }),
    ).not.toThrow();
  });
});

describe("versions", () => {
  it("of providers are those that were asked for, in every stack that has the provider, and only there", () => {
    const app = newApp();
    failover({ providerVersions: { cloudflare: "~> 5.20", aws: ">= 6.25.0, < 7.0.0" } }, app);
    app.synth();

    const versions = (stack: string) =>
      Object.entries(planOf(app, stack).terraform?.required_providers ?? {}).map(
        ([name, { version }]: [string, { version: string }]) => `${name} ${version}`,
      );
    expect(versions("edge")).toEqual(["cloudflare ~> 5.20"]);
    expect(versions("primary")).toEqual(["aws >= 6.25.0, < 7.0.0"]);
    expect(versions("secondary")).toEqual(["cloudflare ~> 5.20", "digitalocean 2.71.0"]);
  });
});

describe("the rules of the plan", () => {
  it("are held at synth: a bucket that somebody opens ends it", () => {
    const app = newApp();
    const { primaryStore } = failover({}, app);
    if (!(primaryStore instanceof S3PrimaryStore)) throw new Error("the primary was not created");
    primaryStore.publicAccessBlock.blockPublicPolicy = false;

    expect(() => app.synth()).toThrow("[bucket-public-access-blocked]");
  });

  it("may be broken where it is said why", () => {
    const app = newApp();
    const rule = { rule: "bucket-public-access-blocked", reason: "opened on purpose in this test" } as const;
    const { primaryStore } = failover({ checkExceptions: [rule] }, app);
    if (!(primaryStore instanceof S3PrimaryStore)) throw new Error("the primary was not created");
    primaryStore.publicAccessBlock.blockPublicPolicy = false;

    expect(() => app.synth()).not.toThrow();
  });
});
