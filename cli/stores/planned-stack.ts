import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StackName } from "../../contract/stacks";
import { errorCode } from "../../drill/machine/caught-error";
import { member } from "../../operate/runbook/plan-walk";
import { chosenPrefix, prefixedStackName } from "./stack-sets";

/** Where `cdktf synth` writes unless it is told otherwise. */
export const DEFAULT_SYNTHESIZED_FOLDER = "cdktf.out";

/** Where a plan is, and which of its stacks are meant. */
export interface PlanPlace {
  /** What `cdktf synth` wrote. @default DEFAULT_SYNTHESIZED_FOLDER */
  readonly synthesized?: string;
  /** `stackNamePrefix` of the stacks; an empty text for those without. @default - the only ones that there are */
  readonly stackPrefix?: string;
}

/** A stack as `cdktf synth` planned it. */
export interface PlannedStack {
  /** Begins its name; an empty text where nothing does. */
  readonly prefix: string;
  readonly file: string;
  /** Undefined when the file is not there. */
  readonly text: string | undefined;
}

/** @throws WrongUseError when it cannot be told which of several stacks is meant */
export async function plannedStack(place: PlanPlace, stack: StackName): Promise<PlannedStack> {
  const { synthesized: folder = DEFAULT_SYNTHESIZED_FOLDER, stackPrefix } = place;
  const prefix = chosenPrefix(await stackNames(folder), stackPrefix, folder) ?? "";
  const file = join(folder, "stacks", prefixedStackName(prefix, stack), "cdk.tf.json");
  return { prefix, file, text: await readIfThere(file) };
}

/** By the manifest, since folders of stacks that are gone stay; by the folders where there is none. */
async function stackNames(folder: string): Promise<readonly string[]> {
  const manifest = await readIfThere(join(folder, "manifest.json"));
  if (manifest !== undefined) return Object.keys(member(parsed(manifest), "stacks"));
  try {
    return await readdir(join(folder, "stacks"));
  } catch (error) {
    if (errorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** The object at a path of a plan; empty where there is none. */
export function plannedMember(
  { text }: PlannedStack,
  ...path: readonly string[]
): Readonly<Record<string, unknown>> {
  return member(parsed(text), ...path);
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
