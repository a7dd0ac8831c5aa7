import { STACK_NAMES } from "../../contract/stacks";
import { neededVariables } from "./find-problems";
import { commandLine } from "./logged-program";
import type { Project } from "./project";
import { enrollCommand } from "./run-enroll";
import { cliConfigurationFile, stacksToMirror } from "./run-mirror";
import { bucketLabel, stateBuckets } from "./state-place";
import { isStackStep, STACK_CONSEQUENCES, STEP_TITLES, type StepId } from "./steps";
import type { Surroundings } from "./surroundings";
import { hasDroplet, publicHostname, type SynthesizedApp } from "./synthesized-stacks";
import type { TerraformCommands } from "./terraform-commands";
import type { WalkOptions } from "./walk-context";

/** What a step would do. */
export interface PlannedStep {
  readonly step: StepId;
  readonly title: string;
  /** What it makes and who bills it; absent where it changes nothing outside of this folder. */
  readonly consequence?: string;
  /** Environment variables and programs. */
  readonly needs: readonly string[];
  /** Exactly as they would be run, and what is done without a program, in words. */
  readonly commands: readonly string[];
}

export interface Planning extends WalkOptions {
  readonly project: Project;
  readonly app: SynthesizedApp;
  readonly commands: TerraformCommands;
  readonly surroundings: Surroundings;
}

/** Every step of a run before any of it: what `--dry-run` shows. */
export function plannedSteps(planning: Planning, steps: readonly StepId[]): readonly PlannedStep[] {
  return steps.map((step) => ({
    step,
    title: STEP_TITLES[step],
    consequence: consequenceOf(step),
    needs: step === "checks" ? [...neededVariables(planning.app), ...programs(planning)] : [],
    commands: commandsOf(step, planning),
  }));
}

function consequenceOf(step: StepId): string | undefined {
  if (isStackStep(step)) return STACK_CONSEQUENCES[step];
  if (step === "state") return "Creates the bucket of the state, where there is none.";
  if (step === "enroll")
    return "Makes a key pair on the droplet and a secret at AWS, which is billed by the month.";
  return undefined;
}

function programs({ app, commands }: Planning): readonly string[] {
  return [commands.program, ...(hasDroplet(app) ? ["ssh"] : [])];
}

function commandsOf(step: StepId, planning: Planning): readonly string[] {
  const { app, commands, project, platforms, mirror, pluginFolder } = planning;
  if (isStackStep(step)) {
    const stack = app.stacks[step];
    const lines = [
      commands.init(stack, stack.providers.length > 0),
      commands.plan(stack, true),
      commands.show(stack),
    ];
    return [...lines, commands.apply(stack)].map(commandLine).concat(afterwards(step, planning));
  }
  switch (step) {
    case "checks":
      return [commandLine({ file: commands.program, words: ["version"] })];
    case "synthesize":
      return [`CDKTF_OUTDIR=${project.outputFolder} ${project.appCommand}`];
    case "state":
      return stateBuckets(STACK_NAMES.map((name) => app.stacks[name].state)).map(
        (place) => `(look for the bucket ${bucketLabel(place)}, and create it where it is missing)`,
      );
    case "mirror": {
      const fill =
        pluginFolder === undefined
          ? stacksToMirror(app).map((stack) => commandLine(commands.mirrorProviders(stack, platforms)))
          : [`(copy packages from ${pluginFolder} to ${mirror})`];
      const locks = STACK_NAMES.map((name) => app.stacks[name])
        .filter(({ providers }) => providers.length > 0)
        .map((stack) => commandLine(commands.lockProviders(stack, platforms)));
      const attempt = `TF_CLI_CONFIG_FILE=${cliConfigurationFile(mirror)} ${commandLine(commands.tryMirror(app.stacks.edge))}`;
      return [...fill, ...locks, attempt];
    }
    case "enroll":
      return hasDroplet(app)
        ? [commandLine(enrollCommand(planning))]
        : ["(look whether the secret opens the secondary)"];
    case "proof":
      return [
        "(read the health object of primary and of secondary, with a signature)",
        "(read the marker from both resolvers)",
        `(read https://${publicHostname(app) ?? "<host name>"}/ as a reader)`,
      ];
  }
}

function afterwards(step: StepId, { app }: Planning): readonly string[] {
  return step === "secondary" && hasDroplet(app)
    ? ["(wait until the droplet answers under a good certificate)"]
    : [];
}
