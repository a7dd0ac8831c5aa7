import { execFile } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { STACK_NAMES } from "../../contract/stacks";
import { chainCredentials } from "../../lambda/s3/chain-credentials";
import type { Found } from "./find-problems";
import type { Project } from "./project";
import { bucketCredentials } from "./state-bucket";
import { stateBuckets } from "./state-place";
import { synthesizeProject } from "./synthesize-project";
import { readSynthesizedApp, type SynthesizedApp } from "./synthesized-stacks";
import { parseVersion, type TerraformVersion } from "./terraform-version";

const execute = promisify(execFile);

type Environment = Readonly<Record<string, string | undefined>>;

const PROGRAMS = ["ssh"] as const;

export interface SurveyRequest {
  readonly project: Project;
  /** Of the stacks that are meant. @default - that of the only ones */
  readonly stackPrefix?: string;
  readonly environment: Environment;
  /** Empty folder to synthesize into. */
  readonly scratchFolder: string;
  readonly signal: AbortSignal;
}

/**
 * Finds out what a deployment from here has to work with: runs the app into a folder of its own, asks programs for
 * their versions, and sees which credentials there are. Nothing is changed.
 */
export async function survey(request: SurveyRequest): Promise<Found> {
  const { project, stackPrefix, environment, scratchFolder, signal } = request;
  const outputFolder = join(scratchFolder, "cdktf.out");
  await synthesizeProject({
    project,
    outputFolder,
    environment,
    logFile: join(scratchFolder, "synthesize.log"),
    signal,
  });
  const app = await readSynthesizedApp(outputFolder, stackPrefix);
  const terraformProgram = terraformProgramOf(environment);
  const [terraform, programs, awsCredentials, missingProfiles] = await Promise.all([
    terraformVersion(terraformProgram, project, environment),
    programsOnPath(environment),
    hasCredentials(async () => void (await chainCredentials().current())),
    profilesWithout(app),
  ]);
  return { app, environment, terraformProgram, terraform, programs, awsCredentials, missingProfiles };
}

/** As the CDKTF CLI finds it. */
export function terraformProgramOf(environment: Environment): string {
  return environment.TERRAFORM_BINARY_NAME || "terraform";
}

async function terraformVersion(
  program: string,
  { folder }: Project,
  environment: Environment,
): Promise<TerraformVersion | undefined> {
  try {
    // Its own look at whether there is a newer one takes seconds where it gets no answer.
    const env = { ...environment, CHECKPOINT_DISABLE: "1" };
    const { stdout } = await execute(program, ["version"], { cwd: folder, env, timeout: 30_000 });
    return parseVersion(stdout);
  } catch {
    return undefined;
  }
}

async function programsOnPath(environment: Environment): Promise<ReadonlySet<string>> {
  const folders = (environment.PATH ?? "").split(delimiter);
  const there = await Promise.all(
    PROGRAMS.map(async (name) =>
      (await Promise.all(folders.map((one) => canRun(join(one, name))))).some(Boolean),
    ),
  );
  return new Set(PROGRAMS.filter((_, index) => there[index]));
}

async function canRun(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function profilesWithout({ stacks }: SynthesizedApp): Promise<readonly string[]> {
  const buckets = stateBuckets(STACK_NAMES.map((name) => stacks[name].state));
  const profiles = [...new Set(buckets.flatMap(({ profile }) => profile ?? []))];
  const there = await Promise.all(
    profiles.map((profile) => hasCredentials(async () => void (await bucketCredentials({ profile })()))),
  );
  return profiles.filter((_, index) => there[index] === false);
}

async function hasCredentials(ask: () => Promise<void>): Promise<boolean> {
  return ask().then(
    () => true,
    () => false,
  );
}
