import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { withBuildLock } from "./build-lock";
import type { Command } from "./keeper-messages";
import { runStep } from "./run-step";
import type { StartContext } from "./start-options";

const PROGRESS_MILLISECONDS = 10_000;

export interface CachedBuild {
  /** As people call it. */
  readonly name: string;
  /** Folder of this version; it exists only when the build is complete. */
  readonly folder: string;
  /** A file inside the folder, without which the build is not one. */
  readonly proof: string;
  /** What a first build takes, for the progress line. */
  readonly usuallyTakes: string;
  /** Fills the folder that it is given; a relative path of the result must not depend on the folder's name. */
  build(folder: string, run: BuildStep): Promise<void>;
}

export type BuildStep = (command: Command, environment?: Readonly<Record<string, string>>) => Promise<void>;

export function isBuilt(build: Pick<CachedBuild, "folder" | "proof">): boolean {
  return existsSync(path.join(build.folder, build.proof));
}

/**
 * Builds what is not built yet, once, whatever number of processes ask for it. The folder appears whole:
 * a build that is interrupted leaves nothing that a later run would take for complete.
 *
 * @throws Error with the last lines of the output when a step fails; the signal's reason when it is aborted
 */
export async function ensureBuilt(build: CachedBuild, context: StartContext): Promise<void> {
  if (isBuilt(build)) {
    return;
  }
  const { folder, name } = build;
  await mkdir(path.dirname(folder), { recursive: true });
  const lockOptions = {
    signal: context.signal,
    onWait: (pid: number) => context.onProgress(`waiting for process ${pid}, which is building ${name}`),
  };
  await withBuildLock(`${folder}.lock`, lockOptions, async () => {
    if (!isBuilt(build)) {
      await buildAside(build, context);
    }
  });
}

async function buildAside(build: CachedBuild, context: StartContext): Promise<void> {
  const { folder, name, usuallyTakes } = build;
  const aside = `${folder}.building`;
  // Left by a build that was killed; the lock says that nobody works in it.
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside);
  const begun = Date.now();
  const say = () => {
    const seconds = Math.round((Date.now() - begun) / 1000);
    context.onProgress(`building ${name}: ${seconds} s (usually ${usuallyTakes}, once)`);
  };
  say();
  const timer = setInterval(say, PROGRESS_MILLISECONDS);
  try {
    const logFile = path.join(aside, "build.log");
    await build.build(aside, (command, environment) =>
      runStep(`building ${name}`, { command, environment, folder: aside, logFile }, context),
    );
    if (!existsSync(path.join(aside, build.proof))) {
      throw new Error(`building ${name} left no ${build.proof}`);
    }
    await rm(folder, { recursive: true, force: true });
    await rename(aside, folder);
  } finally {
    clearInterval(timer);
    await rm(aside, { recursive: true, force: true });
  }
}
