import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { STACK_NAMES } from "../../contract/stacks";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { changedPaths } from "../../drill/comparison/plan-changes";
import { readProject } from "../bootstrap/project";
import { synthesizeProject } from "../bootstrap/synthesize-project";
import { plannedStack } from "../stores/planned-stack";

export interface FlipSynthesis {
  /** Begins the names of the stacks. */
  readonly stackPrefix: string | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Runs the app of the folder we are in for both values of the toggle, and compares all four stacks.
 *
 * @throws WrongUseError where there is no app, StepFailedError where it does not synthesize
 */
export async function synthesizedFlipPaths(request: FlipSynthesis): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "storage-failover-explain-"));
  try {
    const [before, after] = await Promise.all(STORE_NAMES.map((active) => plansFor(active, folder, request)));
    return changedPaths(before ?? {}, after ?? {});
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function plansFor(active: StoreName, folder: string, request: FlipSynthesis) {
  const outputFolder = join(folder, active);
  await mkdir(outputFolder);
  const project = await readProject(".");
  await synthesizeProject({
    project: { ...project, context: { ...project.context, activeProvider: active } },
    outputFolder,
    // The variable goes before the context, for apps that look at it.
    environment: { ...request.environment, ACTIVE_PROVIDER: active },
    logFile: join(folder, `${active}.log`),
    signal: request.signal,
  });
  const place = { synthesized: outputFolder, stackPrefix: request.stackPrefix };
  const stacks = await Promise.all(
    STACK_NAMES.map(async (name) => {
      const { file } = await plannedStack(place, name);
      return [name, JSON.parse(await readFile(file, "utf8"))] as const;
    }),
  );
  return Object.fromEntries(stacks);
}
