import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { otherStore, type StoreName } from "../../contract/stores";
import { recordOf } from "../../operate/flip/edge-checks";
import { judgeEdgeChange } from "../../operate/flip/judge-guard";
import { judgeFlipPlan } from "../../operate/flip/judge-plan";
import { withToggle } from "../../operate/flip/toggle-text";
import type { Observation } from "../../operate/observation";
import { type ProgramCommand, runLogged } from "../bootstrap/logged-program";
import { type Project, readProject } from "../bootstrap/project";
import { outputOf } from "../bootstrap/run-program";
import { StepFailedError } from "../bootstrap/step-failed-error";
import { terraformProgramOf } from "../bootstrap/survey";
import { placeSynthesized, synthesizeProject } from "../bootstrap/synthesize-project";
import { readSynthesizedApp, type SynthesizedStack } from "../bootstrap/synthesized-stacks";
import { TerraformCommands } from "../bootstrap/terraform-commands";
import colors from "../colors";
import type { FlipArguments } from "../commands/flip";
import { RefusedError } from "../refused-error";
import type { FlipReport } from "./flip-outcome";

/** What Terraform runs with; nothing asks HashiCorp for newer versions in the middle of a flip. */
const QUIET = { CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" };

/**
 * Terraform on the stack edge alone, with the toggle's new value: refuses a plan that does more than a flip, applies
 * exactly the plan that was looked at, and then changes the word in cdktf.json.
 *
 * @throws RefusedError; StepFailedError; WrongUseError
 */
export async function flipViaApply(
  given: FlipArguments,
  to: StoreName,
  observation: Observation,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<Pick<FlipReport, "outcome" | "next">> {
  refuseStale(observation, to);
  const project = await readProject(".");
  // Read before anything is done: a toggle that cannot be changed later is better known now.
  const configuration = withToggle(await readFile("cdktf.json", "utf8"), to);
  const folder = await mkdtemp(join(tmpdir(), "storage-failover-flip-"));
  try {
    const edge = await synthesizeFlipped(project, to, folder, given.stackPrefix, signal);
    say(` ${colors.green("✔")} synthesized with ${to} active`);
    const isApplied = await applyEdge(project, edge, folder, say, signal);
    await writeFile("cdktf.json", configuration);
    return {
      outcome: isApplied ? "flipped" : "already",
      next: [
        `cdktf.json says ${to} now: commit it, or the next deployment flips back`,
        "see: storage-failover status",
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** @throws RefusedError where somebody has flipped past the configuration, or has paused writes */
function refuseStale(observation: Observation, to: StoreName): void {
  const live = recordOf(observation);
  // Where nobody can tell, the check of the marker has refused, or was overridden.
  if (live === undefined) return;
  const verdict = judgeEdgeChange({ live, replaces: otherStore(to), becomes: to });
  if (!verdict.passes) throw new RefusedError(`flip to ${to}`, [verdict]);
}

async function synthesizeFlipped(
  project: Project,
  to: StoreName,
  folder: string,
  stackPrefix: string | undefined,
  signal: AbortSignal,
): Promise<SynthesizedStack> {
  await synthesizeProject({
    project: { ...project, context: { ...project.context, activeProvider: to } },
    outputFolder: folder,
    environment: { ...process.env, ACTIVE_PROVIDER: undefined },
    logFile: logOf(project),
    signal,
  });
  return (await readSynthesizedApp(folder, stackPrefix)).stacks.edge;
}

/** @returns false when there was nothing to do */
async function applyEdge(
  project: Project,
  edge: SynthesizedStack,
  synthesized: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const program = terraformProgramOf(process.env);
  const commands = new TerraformCommands(program, project, join(project.ownFolder, "plugins"));
  const restore = await placeEdge(project, edge, synthesized);
  const planFile = commands.planFile(edge);
  let isApplied = false;
  try {
    await mkdir(project.ownFolder, { recursive: true });
    // Providers come from wherever TF_CLI_CONFIG_FILE says: the mirror, where bootstrap has made one.
    await terraform(commands.init(edge, false), project, signal);
    await terraform(commands.plan(edge, true), project, signal);
    const { changes, beyond } = judgeFlipPlan(await shownPlan(commands.show(edge), project, signal));
    if (beyond.length > 0) {
      throw new RefusedError(
        `apply of ${edge.deployedAs}`,
        beyond.map((reason) => ({
          reason: `the plan does more than a flip: ${reason}`,
          remedy: "flip from the commit that is deployed, and deploy the rest another day; or: --via api",
        })),
      );
    }
    if (changes.length === 0) {
      isApplied = true;
      return false;
    }
    say(` ${colors.green("✔")} plan of ${edge.deployedAs}: ${changes.length} to change, nothing else`);
    await terraform(commands.apply(edge), project, signal);
    isApplied = true;
    say(` ${colors.green("✔")} applied: ${changes.join(", ")}`);
    return true;
  } finally {
    // It holds every value of its resources.
    await rm(planFile, { force: true });
    if (!isApplied) await restore();
  }
}

/**
 * Puts the flipped edge where Terraform's state and providers are.
 *
 * @returns puts back what was there
 */
async function placeEdge(
  project: Project,
  { workingDirectory }: SynthesizedStack,
  synthesized: string,
): Promise<() => Promise<void>> {
  const place = join(project.outputFolder, workingDirectory, "cdk.tf.json");
  const before = await readFile(place, "utf8").catch(() => undefined);
  if (before === undefined) {
    await placeSynthesized(synthesized, project);
    return () => rm(place, { force: true });
  }
  await copyFile(join(synthesized, workingDirectory, "cdk.tf.json"), place);
  return () => writeFile(place, before);
}

async function terraform(command: ProgramCommand, project: Project, signal: AbortSignal): Promise<void> {
  const logFile = logOf(project);
  const environment = { ...process.env, ...QUIET };
  const code = await runLogged({ command, folder: project.folder, environment, logFile, signal });
  if (code === 0) return;
  throw new StepFailedError(
    `${command.file} ended with status ${code}; all of it: ${logFile}`,
    "unreachable",
  );
}

async function shownPlan(command: ProgramCommand, project: Project, signal: AbortSignal): Promise<unknown> {
  const environment = { ...process.env, ...QUIET };
  return JSON.parse(await outputOf({ command, folder: project.folder, environment, signal }));
}

function logOf({ ownFolder }: Project): string {
  return join(ownFolder, "flip-apply.log");
}
