import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { jest } from "@jest/globals";
import * as cdktf from "cdktf";
import * as constructs from "constructs";
import type { StoreName } from "../../contract/stores";
import * as lib from "../../lib";
import { type Block, blockAt, isBlock } from "../../lib/checks/plan-reading";
import type { Plans } from "../../stacks/plan-difference";

const EXAMPLES = join(__dirname, "..", "..", "examples");

/** Every folder of `examples/` that is an app. */
export const EXAMPLE_APPS: readonly string[] = readdirSync(EXAMPLES, { recursive: true, encoding: "utf8" })
  .flatMap((file) => /^([\w-]+)[\\/]main\.ts$/.exec(file)?.[1] ?? [])
  .sort();

/** The text of a file of an example. */
export function exampleFile(example: string, file: string): string {
  return readFileSync(join(EXAMPLES, example, file), "utf8");
}

export interface SynthesizedExample {
  /** Parsed `cdk.tf.json` by stack. */
  readonly plans: Plans;
  /** The whole of a stack. */
  readonly plan: (stack: string) => Block;
  /** A stack's resources of one type, in the order of their names. */
  readonly resources: (stack: string, type: string) => readonly Block[];
  /** What the app warns of when it is synthesized. */
  readonly warnings: readonly string[];
}

/**
 * Runs examples as they stand, in this process, with the context that the CDKTF CLI would hand them. Each is run once for each
 * value of the toggle, however often it is asked for.
 */
export function exampleSynthesizer(folder: string) {
  const known = new Map<string, SynthesizedExample>();
  return (example: string, activeProvider: StoreName = "primary"): SynthesizedExample => {
    const key = `${example} ${activeProvider}`;
    const synthesized =
      known.get(key) ?? synthesize(example, activeProvider, mkdtempSync(join(folder, "out-")));
    known.set(key, synthesized);
    return synthesized;
  };
}

function synthesize(example: string, activeProvider: StoreName, outdir: string): SynthesizedExample {
  const settings: { context: Record<string, unknown> } = JSON.parse(exampleFile(example, "cdktf.json"));
  const surroundings = { ...process.env };
  process.env.CDKTF_OUTDIR = outdir;
  process.env.CDKTF_CONTEXT_JSON = JSON.stringify({ ...settings.context, activeProvider });
  try {
    jest.isolateModules(() => {
      // Only the app itself is loaded anew: loading CDKTF each time would take longer than everything else.
      jest.doMock("cdktf", () => cdktf);
      jest.doMock("constructs", () => constructs);
      jest.doMock("../../lib", () => lib);
      require(join(EXAMPLES, example, "main.ts"));
    });
  } finally {
    process.env = surroundings;
  }
  const stacks = readdirSync(join(outdir, "stacks")).sort();
  const plans = Object.fromEntries(
    stacks.map((stack) => [stack, blockIn(join(outdir, "stacks", stack, "cdk.tf.json"))]),
  );
  const plan = (stack: string): Block => blockAt(plans, stack);
  return {
    plans,
    plan,
    resources: (stack, type) =>
      Object.entries(blockAt(plan(stack), "resource", type))
        .sort(([one], [other]) => one.localeCompare(other))
        .flatMap(([, values]) => (isBlock(values) ? [values] : [])),
    warnings: Object.values(blockAt(blockIn(join(outdir, "manifest.json")), "stacks"))
      .flatMap((stack) => (isBlock(stack) && Array.isArray(stack.annotations) ? stack.annotations : []))
      .map((annotation: unknown) => (isBlock(annotation) ? String(annotation.message) : "")),
  };
}

function blockIn(file: string): Block {
  const content: unknown = JSON.parse(readFileSync(file, "utf8"));
  return isBlock(content) ? content : {};
}
