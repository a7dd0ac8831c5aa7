import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { STACK_NAMES } from "../../contract/stacks";
import { STORE_NAMES } from "../../contract/stores";
import { changedPaths } from "../../stacks/plan-difference";
import { type SynthesizedStack, synthesizeStacks } from "../../stacks/synthesize";
import { temporaryFolder } from "../lib/temporary-folder";
import { configWithAsset } from "./replicator-asset";

/** The whole plan, so that a reviewer sees every change of it. What differs without meaning is left out, and only that. */
const folder = temporaryFolder();
const config = configWithAsset(folder);
const plans = {
  primary: synthesizeStacks({ activeProvider: "primary", config, outdir: join(folder, "primary") }),
  secondary: synthesizeStacks({ activeProvider: "secondary", config, outdir: join(folder, "secondary") }),
};

/** The framework's version and the stand-in for the zip change with the machine or a dependency, not with the system. */
function withoutVolatile(stack: SynthesizedStack): unknown {
  return JSON.parse(
    JSON.stringify(stack, (key, value: unknown) => {
      switch (key) {
        case "//":
          return undefined;
        case "backend":
          return undefined;
        case "source_code_hash":
          return "(hash of the zip)";
        case "filename":
          return "(path of the zip)";
        default:
          return value;
      }
    }),
  );
}

describe.each(STORE_NAMES)("with %s active", (active) => {
  it.each(STACK_NAMES)("the %s stack is", (stack) => {
    expect(withoutVolatile(plans[active][stack])).toMatchSnapshot();
  });
});

it("the replication stack with every driver is", () => {
  const replication = { ...config.replication, events: true, fanOut: true };
  const stacks = synthesizeStacks({
    activeProvider: "primary",
    config: { ...config, replication },
    outdir: join(folder, "drivers"),
  });

  expect(withoutVolatile(stacks.replication)).toMatchSnapshot();
});

it("shows every path that a flip changes: nothing of it is masked", () => {
  const masked = (stacks: typeof plans.primary) =>
    Object.fromEntries(STACK_NAMES.map((stack) => [stack, withoutVolatile(stacks[stack])]));

  expect(changedPaths(masked(plans.primary), masked(plans.secondary))).toEqual(
    changedPaths(plans.primary, plans.secondary),
  );
});
