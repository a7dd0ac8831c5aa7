import { join } from "node:path";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { S3Bucket } from "@cdktf/provider-aws/lib/s3-bucket";
import { LoadBalancer } from "@cdktf/provider-cloudflare/lib/load-balancer";
import { describe, expect, it } from "@jest/globals";
import { App, TerraformStack } from "cdktf";
import fc from "fast-check";
import { STACK_NAMES } from "../../contract/stacks";
import { checkPlan } from "../../lib/checks/check-plan";
import { addFailoverChecks, type FailoverChecksOptions } from "../../lib/checks/failover-checks";
import { flipViolations } from "../../lib/checks/flip";
import { PLAN_RULE_IDS } from "../../lib/checks/plan-rules";
import { StateBackend } from "../../lib/state-backend";
import { synthesizeStacks } from "../../stacks/synthesize";
import { FLIP_MUTATIONS } from "../policy/flip-mutations";
import { MUTATIONS } from "../policy/mutations";
import { configWithAsset } from "../stacks/replicator-asset";
import { refusalOf } from "./refusal";
import { temporaryFolder } from "./temporary-folder";

/** The rules of a plan, held against real synthesized stacks: as they are, and broken one way at a time. */
const folder = temporaryFolder();
const config = configWithAsset(folder, { useOriginSecret: true });
const plans = {
  primary: synthesizeStacks({ activeProvider: "primary", config, outdir: join(folder, "primary") }),
  secondary: synthesizeStacks({ activeProvider: "secondary", config, outdir: join(folder, "secondary") }),
};

describe("the rules of a plan", () => {
  it.each(STACK_NAMES)("find nothing in %s, whichever store is active", (stack) => {
    expect(checkPlan(plans.primary[stack])).toEqual([]);
    expect(checkPlan(plans.secondary[stack])).toEqual([]);
  });

  it.each(MUTATIONS)("$rule: $title", ({ rule, stack, mutate }) => {
    const found = checkPlan(mutate(plans.primary[stack])).map((violation) => violation.rule);

    expect(found).toContain(rule);
  });

  it("are each broken by some mutation", () => {
    const broken = new Set([...MUTATIONS, ...FLIP_MUTATIONS].map(({ rule }) => rule));

    expect([...broken].toSorted()).toEqual(PLAN_RULE_IDS.toSorted());
  });

  it("cope with a plan of any shape", () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 6, key: fc.constantFrom(...KEYS) }), (plan) => {
        expect(Array.isArray(checkPlan(plan))).toBe(true);
      }),
      { seed: 5, numRuns: 500 },
    );
  });
});

const KEYS = [
  ...["resource", "data", "terraform", "provider", "variable", "backend", "s3", "lifecycle", "policy"],
  ...[
    "cloudflare_load_balancer",
    "aws_s3_bucket",
    "aws_s3_bucket_policy",
    "digitalocean_firewall",
    "inbound_rule",
  ],
];

describe("the rules of a flip", () => {
  it.each(STACK_NAMES)("find nothing in %s, there and back", (stack) => {
    expect(flipViolations(plans.primary[stack], plans.secondary[stack])).toEqual([]);
    expect(flipViolations(plans.secondary[stack], plans.primary[stack])).toEqual([]);
  });

  it.each(FLIP_MUTATIONS)("$rule: $title", ({ rule, stack, mutate }) => {
    const found = flipViolations(plans.primary[stack], mutate(plans.secondary[stack]));

    expect(found.map((violation) => violation.rule)).toContain(rule);
  });
});

describe("exceptions", () => {
  const unprotected = MUTATIONS.find(
    ({ rule, stack }) => rule === "protected-from-destroy" && stack === "edge",
  );
  const plan = unprotected?.mutate(plans.primary.edge) ?? {};
  const address = checkPlan(plan)[0]?.address ?? "";
  const rule = "protected-from-destroy";

  it.each([
    ["of the rule, anywhere", { rule, reason: "a rehearsal" }, 0],
    ["at the address", { rule, address, reason: "a rehearsal" }, 0],
    ["at another address", { rule, address: "another.place", reason: "a rehearsal" }, 1],
    ["without a reason", { rule, reason: " " }, 1],
    ["of another rule", { rule: "load-balancer-proxied", reason: "a rehearsal" }, 1],
  ] as const)("count where they are meant: %s", (_what, exception, left) => {
    expect(checkPlan(plan, [exception])).toHaveLength(left);
  });
});

describe("addFailoverChecks", () => {
  let outputs = 0;

  function ownStack(build: (stack: TerraformStack) => void, options?: FailoverChecksOptions): App {
    outputs += 1;
    const app = new App({ outdir: join(folder, `own-${outputs}`), stackTraces: false });
    const stack = new TerraformStack(app, "team");
    StateBackend.local().attachTo(stack);
    new AwsProvider(stack, "aws", { region: "eu-central-1" });
    addFailoverChecks(app, options);
    build(stack);
    return app;
  }

  const openBucket = (stack: TerraformStack) =>
    void new S3Bucket(stack, "open", { bucket: "open", lifecycle: { preventDestroy: true } });

  it("ends the synthesis of a team's own stack, and says what, where, why and what to change", () => {
    const app = ownStack(openBucket);

    expect(() => app.synth()).toThrow(
      /\[bucket-public-access-blocked\] at aws_s3_bucket\.open: .*not blocked.*aws_s3_bucket_public_access_block/s,
    );
  });

  it("sees what is added after it was called, and what an override does", () => {
    const app = ownStack((stack) => {
      const balancer = new LoadBalancer(stack, "edge", {
        zoneId: "zone",
        name: "assets.example.com",
        defaultPools: [],
        fallbackPool: "",
        proxied: true,
      });
      balancer.addOverride("proxied", false);
    });

    expect(() => app.synth()).toThrow(/\[load-balancer-proxied\] at cloudflare_load_balancer\.edge/);
  });

  it("lets pass what is excepted for a reason", () => {
    const reason = "made by another team";
    const rules = ["bucket-public-access-blocked", "bucket-tls-only", "bucket-versioned"] as const;
    const app = ownStack(openBucket, { exceptions: rules.map((rule) => ({ rule, reason })) });

    expect(() => app.synth()).not.toThrow();
  });

  it("is refused where nothing would ever be checked", () => {
    const refusal = refusalOf(() => addFailoverChecks(new App({ outdir: join(folder, "none") })));

    expect(refusal).toMatchObject({ code: "VALUE_INVALID", path: "app" });
  });
});
