import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { unzipSync } from "fflate";
import type { SecretsSearched } from "../evidence/events";
import { type Secret, type Spelling, spellings } from "./secret-spellings";

export interface SecretsSearchSettings {
  readonly secrets: readonly Secret[];
  /** Files, and folders with all that is below them. A zip is searched inside too. */
  readonly paths?: readonly string[];
  /** Environments of processes, by what they belong to. */
  readonly environments?: Readonly<Record<string, Readonly<Record<string, string | undefined>>>>;
  /** Other texts, by what they are. */
  readonly texts?: Readonly<Record<string, string>>;
  /** Milliseconds since the run began. */
  readonly clock: () => number;
}

/**
 * Looks for the secrets wherever a run leaves traces. What is found is told by the secret's name and never by
 * its value.
 *
 * @throws when a path cannot be read: what was not searched must not count as clean
 */
export async function searchSecrets(settings: SecretsSearchSettings): Promise<SecretsSearched> {
  const at = settings.clock();
  const wanted = spellings(settings.secrets);
  const searched: string[] = [];
  const found: string[] = [];
  const search = (place: string, content: Buffer) => {
    searched.push(place);
    found.push(...findIn(place, content, wanted));
  };
  for (const [name, text] of Object.entries(settings.texts ?? {})) {
    search(name, Buffer.from(text));
  }
  for (const [name, environment] of Object.entries(settings.environments ?? {})) {
    const lines = Object.entries(environment).map(([variable, value]) => `${variable}=${value ?? ""}`);
    search(`environment of ${name}`, Buffer.from(lines.join("\n")));
  }
  for (const path of settings.paths ?? []) {
    for await (const file of filesBelow(path)) {
      const content = await readFile(file);
      search(file, content);
      for (const [entry, bytes] of zipEntries(content)) {
        search(`${file}!${entry}`, bytes);
      }
    }
  }
  return { type: "secrets", at, searched, found };
}

function findIn(place: string, content: Buffer, wanted: readonly Spelling[]): string[] {
  return wanted
    .filter(({ bytes }) => content.includes(bytes))
    .map(({ secret, form }) => `${place} holds the ${secret} ${form}`);
}

async function* filesBelow(path: string): AsyncGenerator<string> {
  if (!(await stat(path)).isDirectory()) {
    yield path;
    return;
  }
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) {
      yield join(entry.parentPath, entry.name);
    }
  }
}

function zipEntries(content: Buffer): [string, Buffer][] {
  const isZip = content.subarray(0, 4).equals(Buffer.from([0x50, 0x4b, 0x03, 0x04]));
  return isZip ? Object.entries(unzipSync(content)).map(([name, bytes]) => [name, Buffer.from(bytes)]) : [];
}
