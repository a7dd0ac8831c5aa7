import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { BootstrapArguments } from "../commands/bootstrap";
import { EXIT } from "../exit-codes";
import { RefusedError } from "../refused-error";
import { listedPrefixes, STACK_PREFIX_OPTION } from "../stores/stack-sets";
import { WrongUseError } from "../wrong-use-error";
import { asking } from "./ask";
import { plannedText, statusText, walkText } from "./bootstrap-text";
import { type Found, findProblems } from "./find-problems";
import { plannedSteps } from "./planned-steps";
import { ProgressFile, recordedPrefixes } from "./progress-file";
import { type Project, readProject } from "./project";
import { StepFailedError } from "./step-failed-error";
import { STEP_IDS, selectedSteps } from "./steps";
import type { Surroundings } from "./surroundings";
import { survey } from "./survey";
import { TerraformCommands } from "./terraform-commands";
import { type Walk, walk } from "./walk";
import type { WalkOptions, WalkProgress } from "./walk-context";

/** Where pipelines and functions of this kind mostly run, beside this machine. */
const USUAL_PLATFORM = "linux_amd64";

export interface BootstrapRequest extends BootstrapArguments {
  readonly enrollWords: readonly string[];
}

/** @returns the exit code */
export async function bootstrap(
  given: BootstrapRequest,
  surroundings: Surroundings,
  progress: WalkProgress,
  signal: AbortSignal,
): Promise<number> {
  checkEnrollWords(given.enrollWords);
  const project = await readProject(given.project);
  if (given.status) return showStatus(given, project);
  const scratchFolder = await mkdtemp(join(tmpdir(), "storage-failover-bootstrap-"));
  const clear = () => rmSync(scratchFolder, { recursive: true, force: true });
  // A second Ctrl-C waits for nothing else.
  process.once("exit", clear);
  try {
    const { environment } = surroundings;
    const found = await survey({
      project,
      stackPrefix: given.stackPrefix,
      environment,
      scratchFolder,
      signal,
    });
    const options = walkOptions(given, project, found);
    const steps = selectedSteps(given);
    const commands = new TerraformCommands(found.terraformProgram, project, options.mirror);
    const problems = findProblems(found);
    if (given.dryRun) {
      const planned = plannedSteps({ ...options, project, app: found.app, commands, surroundings }, steps);
      print(
        given.json
          ? JSON.stringify({ command: "bootstrap", dryRun: true, steps: planned, problems }, null, 2)
          : plannedText(planned, problems),
      );
      return problems.length === 0 ? EXIT.done : EXIT.wanting;
    }
    if (problems.length > 0 || found.terraform === undefined) throw new RefusedError("bootstrap", problems);
    const walked = await walk(
      {
        ...options,
        project,
        app: found.app,
        checkedFolder: join(scratchFolder, "cdktf.out"),
        terraform: found.terraform,
        commands,
        surroundings,
        record: await ProgressFile.open(project.ownFolder, found.app.stackPrefix),
        progress,
        signal,
        confirm: asking(options.yes, signal),
      },
      steps,
      given.verbose === true,
    );
    showWalk(given, walked, found.app.chosenBy);
    return walked.exitCode;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof StepFailedError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return error.kind === "unreachable" ? EXIT.unreachable : EXIT.wanting;
  } finally {
    process.off("exit", clear);
    clear();
  }
}

/** A step's name without its option would be handed to `enroll`, which comes late. */
function checkEnrollWords([first]: readonly string[]): void {
  if (first === undefined || first.startsWith("-")) return;
  throw new WrongUseError(`"${first}" is no option of enroll; a step is named with --only or --from`);
}

function walkOptions(given: BootstrapRequest, project: Project, { terraform }: Found): WalkOptions {
  const here = terraform?.platform ?? USUAL_PLATFORM;
  return {
    yes: given.yes === true,
    allowDestroy: given.allowDestroy === true,
    mirror: given.mirror === undefined ? join(project.ownFolder, "plugins") : resolve(given.mirror),
    pluginFolder: given.pluginDir && resolve(given.pluginDir),
    platforms: [...new Set([here, ...(given.platform ?? [USUAL_PLATFORM])])],
    waitSeconds: given.wait * 60,
    enrollWords: given.enrollWords,
  };
}

async function showStatus({ json, stackPrefix }: BootstrapRequest, project: Project): Promise<number> {
  const prefix = stackPrefix ?? (await onlyRecorded(project));
  const { recorded } = await ProgressFile.open(project.ownFolder, prefix);
  const steps = STEP_IDS.map((step) => ({ step, ...recorded[step] }));
  print(json ? JSON.stringify({ command: "bootstrap", steps }, null, 2) : statusText(recorded));
  return steps.every(({ state }) => state === "done") ? EXIT.done : EXIT.wanting;
}

/** The app is not run for a status, so that the records say which stacks there are. */
async function onlyRecorded({ ownFolder }: Project): Promise<string> {
  const prefixes = await recordedPrefixes(ownFolder);
  if (prefixes.length <= 1) return prefixes[0] ?? "";
  throw new WrongUseError(
    `several sets of stacks were deployed from here; say which with ${STACK_PREFIX_OPTION}: ${listedPrefixes(prefixes)}`,
  );
}

function showWalk({ json }: BootstrapRequest, walked: Walk, chosenBy: readonly string[]): void {
  const { steps, exitCode } = walked;
  if (json) print(JSON.stringify({ command: "bootstrap", passed: exitCode === EXIT.done, steps }, null, 2));
  const text = walkText(walked, chosenBy);
  if (text === "") return;
  if (exitCode === EXIT.done && !json) print(text);
  else if (exitCode !== EXIT.done) process.stderr.write(`${text}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
