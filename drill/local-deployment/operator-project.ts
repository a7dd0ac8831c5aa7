import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundleOperatorProgram, makeProject } from "../scenario/operator-program";
import { projectFiles } from "../scenario/operator-surroundings";
import type { Stage } from "../stage/stage";
import { writePrivately, writeProgram } from "./deployment-folder";
import { planOfHere } from "./plan-of-here";
import { quoted, shellEnvironment } from "./shell-environment";

const run = promisify(execFile);

/** What a person is given to work with. */
export interface OperatorProject {
  /** Absolute. */
  readonly folder: string;
  /** To be sourced. */
  readonly environmentFile: string;
  readonly runbookFile: string;
}

/** A command that prepares the project did not work. */
export class ProjectNotMadeError extends Error {
  public override readonly name = "ProjectNotMadeError";
}

/** Everything but the project itself: secrets of the run, and what was installed. */
const IGNORED = ["env.sh", "running.json", "run/", "node_modules/", "cdktf.out/", ".storage-failover/"];

/** Makes the project as an operator has it: configured, deployed from, with its ids, its runbook and its git history. */
export async function makeOperatorProject(
  stage: Pick<Stage, "plans" | "functionVariables" | "signal">,
  folder: string,
  variables: Readonly<Record<string, string>>,
): Promise<OperatorProject> {
  await makeProject(folder, localProjectFiles(stage));
  const programs = join(folder, "node_modules", ".bin");
  const program = await bundleOperatorProgram(join(folder, "node_modules", "storage-failover"));
  const script = `#!/bin/sh\nexec ${quoted(process.execPath)} ${quoted(program)} "$@"\n`;
  await writeProgram(join(programs, "storage-failover"), script);
  const environmentFile = join(folder, "env.sh");
  await writePrivately(environmentFile, shellEnvironment(variables, { folder, programs }));
  const inShell = (command: string) => runInShell(environmentFile, command, stage.signal);
  await inShell("storage-failover facts");
  await inShell("storage-failover runbook --out RUNBOOK.md");
  await writeFile(join(folder, ".gitignore"), `${IGNORED.join("\n")}\n`);
  await inShell(COMMIT);
  return { folder, environmentFile, runbookFile: join(folder, "RUNBOOK.md") };
}

/** As synthesized, but for where the stores and resolvers are: the project is this deployment's, and no other's. */
function localProjectFiles(
  stage: Pick<Stage, "plans" | "functionVariables">,
): Readonly<Record<string, unknown>> {
  return {
    ...projectFiles(stage),
    "cdktf.json": { language: "typescript", app: NO_APP, context: { activeProvider: "primary" } },
    "cdktf.out/stacks/replication/cdk.tf.json": planOfHere(
      stage.plans.primary.stacks.replication,
      stage.functionVariables,
    ),
  };
}

/** Said by whatever synthesizes. */
const NO_APP = "echo 'a deployment on this machine has no Terraform: flip --via api' >&2; exit 1";

/**
 * A repository of its own: a flip by configuration makes its branch here, and not in whatever lies around the folder.
 * Whoever has no git has no such flip.
 */
const COMMIT = [
  "if ! command -v git > /dev/null; then exit 0; fi",
  "git init -q",
  "git add .",
  "git -c user.name=operator -c user.email=operator@localhost -c commit.gpgsign=false commit -q -m deployed",
].join("\n");

async function runInShell(environmentFile: string, command: string, signal: AbortSignal): Promise<void> {
  try {
    await run("sh", ["-ec", `. ${quoted(environmentFile)}\n${command}`], { signal });
  } catch (error) {
    signal.throwIfAborted();
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new ProjectNotMadeError(`"${command}" failed: ${said}`, { cause: error });
  }
}
