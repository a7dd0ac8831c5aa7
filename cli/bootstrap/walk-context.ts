import { type ProgressFile, recordName } from "./progress-file";
import type { Project } from "./project";
import type { StepId } from "./steps";
import type { Surroundings } from "./surroundings";
import type { SynthesizedApp } from "./synthesized-stacks";
import type { TerraformCommands } from "./terraform-commands";
import type { TerraformVersion } from "./terraform-version";

/** What a person decided for this run. */
export interface WalkOptions {
  readonly yes: boolean;
  readonly allowDestroy: boolean;
  /** Folder of the plugin mirror. */
  readonly mirror: string;
  /** Mirror to copy from, in place of the registry. */
  readonly pluginFolder?: string;
  /** Platforms that the mirror serves. */
  readonly platforms: readonly string[];
  /** Seconds that something new may take to answer. */
  readonly waitSeconds: number;
  /** Handed to `enroll`. */
  readonly enrollWords: readonly string[];
}

/** One piece of work of a step, shown while it lasts. */
export interface WalkWork {
  /** Says how far it is. */
  update(text: string): void;
  done(result: string): void;
  fail(): void;
}

/** Who watches. */
export interface WalkProgress {
  /** Begins a piece of work; the one before has ended. */
  work(name: string): WalkWork;
  /**
   * A step is done.
   *
   * @param began - when, by the monotonic clock, in milliseconds
   */
  done(title: string, result: string, details: readonly string[], began: number): void;
}

/** What every step works with. */
export interface WalkContext extends WalkOptions {
  readonly project: Project;
  readonly app: SynthesizedApp;
  /** Where the app was synthesized for the checks. */
  readonly checkedFolder: string;
  readonly terraform: TerraformVersion;
  readonly commands: TerraformCommands;
  readonly surroundings: Surroundings;
  readonly record: ProgressFile;
  readonly progress: WalkProgress;
  readonly signal: AbortSignal;
  /**
   * Asks, unless everything was agreed to beforehand.
   *
   * @throws RefusedError when it is not agreed to, or when nobody is there to be asked
   */
  readonly confirm: (what: string, consequence: string) => Promise<void>;
}

/** What a step came to. */
export interface StepResult {
  /** `already`: it was done before; nothing was changed. */
  readonly outcome: "done" | "already";
  readonly result: string;
  readonly details?: readonly string[];
}

export type RunStep = (context: WalkContext) => Promise<StepResult>;

/** Shows one piece of work while it lasts. */
export async function showing<T>(
  { progress }: Pick<WalkContext, "progress">,
  name: string,
  work: (update: (text: string) => void) => Promise<{ readonly value: T; readonly result: string }>,
): Promise<T> {
  const shown = progress.work(name);
  try {
    const { value, result } = await work((text) => shown.update(text.slice(0, 80)));
    shown.done(result);
    return value;
  } catch (error) {
    shown.fail();
    throw error;
  }
}

export function logFile({ project, app }: Pick<WalkContext, "project" | "app">, step: StepId): string {
  return `${project.ownFolder}/${recordName(app.stackPrefix)}-${step}.log`;
}
