import { readFile } from "node:fs/promises";
import { isStoreName, STORE_NAMES, type StoreName } from "../../contract/stores";
import { field } from "../field";
import { NotAskedError } from "./ask";

export interface TogglePlace {
  /** Path of the project's `cdktf.json`. */
  readonly file: string;
  /** `ACTIVE_PROVIDER`, which overrides the file for one run. */
  readonly override?: string;
}

/**
 * What the project would deploy. An app may take its toggle from elsewhere, and then this cannot know it.
 *
 * @throws NotAskedError where there is no project, or no toggle in it; Error for a word that is no store
 */
export async function projectToggle({ file, override }: TogglePlace): Promise<StoreName> {
  if (override !== undefined) return storeName(override, "environment variable ACTIVE_PROVIDER");
  const toggle = toggleIn(await textOf(file), file);
  if (toggle === undefined) throw new NotAskedError(`${file} has no context.activeProvider`);
  return storeName(toggle, `${file} context.activeProvider`);
}

function storeName(word: unknown, place: string): StoreName {
  if (isStoreName(word)) return word;
  throw new Error(`${place} is ${JSON.stringify(word)}; allowed: ${STORE_NAMES.join(", ")}`);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw new NotAskedError(`no ${file} here; run this in the project's folder`);
  }
}

function toggleIn(text: string, file: string): unknown {
  try {
    return field(field(JSON.parse(text), "context"), "activeProvider");
  } catch {
    throw new Error(`${file} is no JSON`);
  }
}
