import { errorReason } from "../../drill/machine/caught-error";
import { EXIT } from "../exit-codes";
import { explainFailure } from "../explain-failure";
import { runEnroll } from "./run-enroll";
import { runMirror } from "./run-mirror";
import { runProof } from "./run-proof";
import { runSecondary } from "./run-secondary";
import { runStack } from "./run-stack";
import { runState } from "./run-state";
import { StepFailedError } from "./step-failed-error";
import { STEP_TITLES, type StepId } from "./steps";
import { placeSynthesized } from "./synthesize-project";
import type { RunStep, StepResult, WalkContext } from "./walk-context";

/** How one step of a run ended, for people and for machines. */
export interface WalkedStep {
  readonly step: StepId;
  readonly outcome: StepResult["outcome"] | "failed" | "interrupted";
  readonly result: string;
  readonly details: readonly string[];
  readonly seconds: number;
}

export interface Walk {
  readonly steps: readonly WalkedStep[];
  readonly exitCode: number;
}

const STEPS: Readonly<Record<StepId, RunStep>> = {
  checks: ({ terraform }) =>
    Promise.resolve({
      outcome: "done",
      result: `${terraform.product} ${terraform.version}, all variables and credentials are there`,
    }),
  synthesize: async ({ checkedFolder, project, app }) => {
    await placeSynthesized(checkedFolder, project);
    return { outcome: "done", result: `4 stacks in ${project.outputFolder}`, details: app.warnings };
  },
  state: runState,
  mirror: runMirror,
  secondary: runSecondary,
  enroll: runEnroll,
  primary: (context) => runStack(context, "primary"),
  replication: (context) => runStack(context, "replication"),
  edge: (context) => runStack(context, "edge"),
  proof: runProof,
};

/** Does the steps in order, and ends at the first that does not succeed. Never rejects. */
export async function walk(context: WalkContext, steps: readonly StepId[], verbose: boolean): Promise<Walk> {
  const walked: WalkedStep[] = [];
  for (const step of steps) {
    const began = performance.now();
    const line = (outcome: WalkedStep["outcome"], result: string, details: readonly string[] = []) =>
      walked.push({ step, outcome, result, details, seconds: (performance.now() - began) / 1000 });
    await context.record.note(step, "begun");
    try {
      context.signal.throwIfAborted();
      const { outcome, result, details } = await STEPS[step](context);
      await context.record.note(step, "done", result);
      line(outcome, result, details);
      context.progress.done(STEP_TITLES[step], result, details ?? [], began);
    } catch (error) {
      if (context.signal.aborted) {
        await context.record.note(step, "interrupted");
        line("interrupted", "the same command goes on from here");
        return { steps: walked, exitCode: EXIT.interrupted };
      }
      await context.record.note(step, "failed", errorReason(error));
      const { message, exitCode } = explainStep(error, verbose);
      line("failed", message);
      return { steps: walked, exitCode };
    }
  }
  return { steps: walked, exitCode: EXIT.done };
}

function explainStep(
  error: unknown,
  verbose: boolean,
): { readonly message: string; readonly exitCode: number } {
  const { message, exitCode } = explainFailure(error, verbose);
  if (!(error instanceof StepFailedError)) return { message, exitCode };
  return { message, exitCode: error.kind === "unreachable" ? EXIT.unreachable : EXIT.wanting };
}
