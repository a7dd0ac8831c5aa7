import { existsSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { runProgram } from "./run-program";

const ROOT = path.resolve(__dirname, "..", "..");

/** An app of this repository, synthesized for one value of the toggle. */
export interface SynthesizedApp {
  /** The entry, relative to the repository. */
  readonly entry: string;
  readonly activeProvider: StoreName;
  /** Parsed `cdk.tf.json` by stack. */
  readonly stacks: Readonly<Record<string, unknown>>;
}

/**
 * The repository's own app and every example that has a `main.ts`, each for both values of the toggle.
 *
 * @param folder takes the output
 * @throws Error with the app's own words when one cannot be synthesized
 */
export async function synthesizeApps(folder: string): Promise<readonly SynthesizedApp[]> {
  const entries = ["stacks/app.ts", ...(await exampleEntries())];
  const apps: SynthesizedApp[] = [];
  for (const entry of entries) {
    // Both at one time, as many as a usual CI machine has cores.
    const syntheses = STORE_NAMES.map((activeProvider) => {
      const outdir = path.join(folder, path.dirname(entry).replaceAll(path.sep, "-"), activeProvider);
      return synthesizeApp(entry, activeProvider, outdir);
    });
    // Waited for even when one fails: the folder is removed afterwards.
    await Promise.allSettled(syntheses);
    apps.push(...(await Promise.all(syntheses)));
  }
  return apps;
}

async function exampleEntries(): Promise<readonly string[]> {
  const examples = await readdir(path.join(ROOT, "examples"));
  return examples
    .toSorted()
    .map((name) => path.join("examples", name, "main.ts"))
    .filter((entry) => existsSync(path.join(ROOT, entry)));
}

/** As the CDKTF CLI would run it, in a process of its own. */
async function synthesizeApp(
  entry: string,
  activeProvider: StoreName,
  outdir: string,
): Promise<SynthesizedApp> {
  const { ACTIVE_PROVIDER: _override, ...environment } = process.env;
  await mkdir(path.dirname(outdir), { recursive: true });
  await runProgram(process.execPath, ["--import", "tsx", path.join(ROOT, entry)], {
    folder: ROOT,
    environment: {
      ...environment,
      CDKTF_OUTDIR: outdir,
      CDKTF_CONTEXT_JSON: JSON.stringify({ activeProvider }),
    },
  });
  const stacksFolder = path.join(outdir, "stacks");
  const stacks: Record<string, unknown> = {};
  for (const stack of (await readdir(stacksFolder)).toSorted()) {
    stacks[stack] = JSON.parse(await readFile(path.join(stacksFolder, stack, "cdk.tf.json"), "utf8"));
  }
  return { entry, activeProvider, stacks };
}
