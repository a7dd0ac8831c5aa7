import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StackName } from "../../contract/stacks";
import { errorCode } from "../../drill/machine/caught-error";

/** Where `cdktf synth` writes unless it is told otherwise. */
export const DEFAULT_SYNTHESIZED_FOLDER = "cdktf.out";

/** A stack as `cdktf synth` planned it. */
export interface PlannedStack {
  readonly file: string;
  /** Undefined when the file is not there. */
  readonly text: string | undefined;
}

export async function plannedStack(synthesized: string | undefined, stack: StackName): Promise<PlannedStack> {
  const file = join(synthesized ?? DEFAULT_SYNTHESIZED_FOLDER, "stacks", stack, "cdk.tf.json");
  return { file, text: await readIfThere(file) };
}

/** The object at a path of a plan; empty where there is none. */
export function plannedMember(
  { text }: PlannedStack,
  ...path: readonly string[]
): Readonly<Record<string, unknown>> {
  return member(parsed(text), ...path);
}

/** The object at a path; empty where there is none. */
export function member(value: unknown, ...path: readonly string[]): Readonly<Record<string, unknown>> {
  let found = value;
  for (const name of path) found = isRecord(found) ? found[name] : undefined;
  return isRecord(found) ? found : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
