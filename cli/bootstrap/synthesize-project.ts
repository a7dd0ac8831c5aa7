import { cp, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { logTail } from "../../drill/local-cloud/log-tail";
import { runLogged } from "./logged-program";
import type { Project } from "./project";
import { StepFailedError } from "./step-failed-error";

type Environment = Readonly<Record<string, string | undefined>>;

export interface SynthesizeRequest {
  readonly project: Project;
  /** Folder that the app writes into; exists. */
  readonly outputFolder: string;
  readonly environment: Environment;
  readonly logFile: string;
  readonly signal: AbortSignal;
}

/**
 * Runs the app as the CDKTF CLI does: by a shell, in the project's folder, with the context of `cdktf.json`, and
 * without Terraform's variables, which are for Terraform.
 *
 * @throws StepFailedError with the end of what the app printed
 */
export async function synthesizeProject(request: SynthesizeRequest): Promise<void> {
  const { project, outputFolder, environment, logFile, signal } = request;
  const code = await runLogged({
    command: { file: project.appCommand, words: [], shell: true },
    folder: project.folder,
    environment: {
      ...Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith("TF_VAR_"))),
      CDKTF_OUTDIR: outputFolder,
      CDKTF_CONTEXT_JSON: JSON.stringify(project.context),
    },
    logFile,
    signal,
  });
  if (code !== 0) {
    throw new StepFailedError(
      `the app could not be synthesized: ${project.appCommand} ended with status ${code}\n${logTail(logFile)}`,
      "wanting",
    );
  }
}

/**
 * Puts what was synthesized, and checked, where the CDKTF CLI would have put it. Terraform's own files beside the
 * stacks (`.terraform`, lock files, local state) stay.
 */
export async function placeSynthesized(from: string, project: Project): Promise<void> {
  await mkdir(project.outputFolder, { recursive: true });
  for (const stack of await readdir(join(from, "stacks"))) {
    await rm(join(project.outputFolder, "stacks", stack, "assets"), { recursive: true, force: true });
  }
  await cp(from, project.outputFolder, { recursive: true });
}
