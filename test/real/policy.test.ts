import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { STACK_NAMES } from "../../contract/stacks";
import { isOnPath } from "../../drill/local-cloud/container-engine";
import { startContext } from "../../drill/local-cloud/start-options";
import { checkPlan } from "../../lib/checks/check-plan";
import { flipViolations } from "../../lib/checks/flip";
import type { Block } from "../../lib/checks/plan-reading";
import { type Violation, violationText } from "../../lib/checks/violation";
import { judge, obtainOpa, type PolicyViolation } from "../../scripts/gates/opa";
import { type SynthesizedStacks, synthesizeStacks } from "../../stacks/synthesize";
import { FLIP_MUTATIONS } from "../policy/flip-mutations";
import { MUTATIONS } from "../policy/mutations";
import { randomlyChanged } from "../policy/random-change";
import { terraformPlan } from "../policy/terraform-plan";
import { configWithAsset } from "../stacks/replicator-asset";

const BUILD_MILLISECONDS = 600_000;

/** OPA is an optional tool; without it and without Go this is skipped, unless nothing may be. */
const describeWithOpa =
  ["opa", "go"].some((tool) => isOnPath(tool, process.env.PATH ?? "")) ||
  process.env.REQUIRE_REAL_STORES === "1"
    ? describe
    : describe.skip;

describeWithOpa("OPA and the checks at synth give the same answers", () => {
  let folder: string;
  let opa: string;
  let before: SynthesizedStacks;
  let after: SynthesizedStacks;

  beforeAll(async () => {
    const obtained = await obtainOpa(startContext({}));
    if (obtained === undefined) {
      throw new Error("neither opa nor go can be had");
    }
    opa = obtained;
    folder = mkdtempSync(path.join(tmpdir(), "policy-"));
    const config = configWithAsset(folder, { useOriginSecret: true });
    before = synthesizeStacks({ activeProvider: "primary", config, outdir: path.join(folder, "primary") });
    after = synthesizeStacks({ activeProvider: "secondary", config, outdir: path.join(folder, "secondary") });
  }, BUILD_MILLISECONDS);

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  const judgePlans = (plans: readonly Block[]) => judge(opa, "data.storage_failover.violations", plans);
  const judgeFlips = (flips: readonly unknown[]) =>
    judge(opa, "data.storage_failover.flip.violations", flips);

  it("to stacks as they are, and to stacks that are broken in one way", async () => {
    const plans = [
      ...STACK_NAMES.flatMap((stack) => [before[stack], after[stack]]),
      ...MUTATIONS.map(({ stack, mutate }) => mutate(before[stack])),
    ];

    const verdicts = await judgePlans(plans);

    expect(verdicts.map(ofPolicy)).toEqual(plans.map((plan) => ofCode(checkPlan(plan))));
  });

  it("in the same words", async () => {
    const broken = MUTATIONS.map(({ stack, mutate }) => mutate(before[stack]));

    const messages = (await judgePlans(broken)).map((found) =>
      found.map(({ message }) => message).toSorted(),
    );

    expect(messages).toEqual(broken.map((plan) => checkPlan(plan).map(violationText).toSorted()));
  });

  it("to stacks that are changed at random", async () => {
    const random = fc.sample(
      fc.constantFrom(...STACK_NAMES).chain((stack) => randomlyChanged(before[stack])),
      { seed: 5, numRuns: 300 },
    );

    const verdicts = await judgePlans(random);

    const expected = random.map((plan) => ofCode(checkPlan(plan)));
    expect(verdicts.map(ofPolicy)).toEqual(expected);
    expect(expected.filter((found) => found.length > 0).length).toBeGreaterThan(20);
  });

  it("to Terraform's own plan, where it shows what is judged", async () => {
    const shown = MUTATIONS.filter(({ inTerraformPlan = true }) => inTerraformPlan).map(({ stack, mutate }) =>
      mutate(before[stack]),
    );
    const plans = [...STACK_NAMES.map((stack) => before[stack]), ...shown];

    const verdicts = await judgePlans(plans.map(terraformPlan));

    expect(verdicts.map(ofPolicy)).toEqual(plans.map((plan) => ofCode(checkPlan(plan))));
  });

  it("to flips, and to flips that change more", async () => {
    const flips = [
      ...STACK_NAMES.map((stack) => ({ before: before[stack], after: after[stack] })),
      ...FLIP_MUTATIONS.map(({ stack, mutate }) => ({ before: before[stack], after: mutate(after[stack]) })),
    ];

    const verdicts = await judgeFlips(flips);

    expect(verdicts.map(ofPolicy)).toEqual(
      flips.map((flip) => ofCode(flipViolations(flip.before, flip.after))),
    );
  });
});

function ofPolicy(found: readonly PolicyViolation[]): readonly string[] {
  return found.map(({ rule, address }) => `${rule} at ${address}`).toSorted();
}

/** A rule that is broken twice in one place is one violation. */
function ofCode(found: readonly Violation[]): readonly string[] {
  return [...new Set(found.map(({ rule, address }) => `${rule} at ${address}`))].toSorted();
}
