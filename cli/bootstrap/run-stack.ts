import { rm } from "node:fs/promises";
import type { StackName } from "../../contract/stacks";
import { RefusedError } from "../refused-error";
import { doneInWords, type PlanSummary, planInWords, planSummary } from "./plan-summary";
import { isMirrored } from "./run-mirror";
import { outputOf, runTerraform } from "./run-program";
import { STACK_CONSEQUENCES } from "./steps";
import { isEmpty, type SynthesizedStack } from "./synthesized-stacks";
import { type StepResult, showing, type WalkContext } from "./walk-context";

/**
 * Plans a stack, and applies exactly that plan once it is agreed to. A stack that this machine has deployed before is
 * compared with its state first, without asking any provider: that tells in seconds whether the app has changed.
 *
 * @throws RefusedError for a plan that destroys, unless that was allowed
 */
export async function runStack(context: WalkContext, name: StackName): Promise<StepResult> {
  const stack = context.app.stacks[name];
  const { deployedAs } = stack;
  if (isEmpty(stack) && !context.record.wasDone(name)) {
    return { outcome: "already", result: "nothing to make: the app uses what exists" };
  }
  const planFile = context.commands.planFile(stack);
  try {
    const plan = await showing(context, `${deployedAs}: plan`, async (update) => {
      await init(context, stack, update);
      const found = await planned(context, stack, update);
      return { value: found, result: planInWords(found) };
    });
    if (plan.isEmpty) return { outcome: "already", result: "as it was synthesized" };
    refuseDestruction(context, deployedAs, plan);
    await context.confirm(`${deployedAs}: ${planInWords(plan)}`, STACK_CONSEQUENCES[name]);
    await showing(context, `${deployedAs}: apply`, async (update) => {
      await runTerraform(context, name, context.commands.apply(stack), update);
      return { value: undefined, result: "done" };
    });
    return { outcome: "done", result: doneInWords(plan) };
  } finally {
    await rm(planFile, { force: true });
  }
}

async function init(
  context: WalkContext,
  stack: SynthesizedStack,
  update: (line: string) => void,
): Promise<void> {
  const command = context.commands.init(stack, await isMirrored(context, stack));
  await runTerraform(context, stack.name, command, update);
}

async function planned(
  context: WalkContext,
  stack: SynthesizedStack,
  update: (line: string) => void,
): Promise<PlanSummary> {
  const plan = async (refresh: boolean): Promise<PlanSummary> => {
    await runTerraform(context, stack.name, context.commands.plan(stack, refresh), update);
    const { commands, project, surroundings, signal } = context;
    const { environment } = surroundings;
    const shown = await outputOf({
      command: commands.show(stack),
      folder: project.folder,
      environment,
      signal,
    });
    return planSummary(JSON.parse(shown));
  };
  if (context.record.wasDone(stack.name)) {
    const cheap = await plan(false);
    if (cheap.isEmpty) return cheap;
  }
  return plan(true);
}

function refuseDestruction({ allowDestroy }: WalkContext, name: string, plan: PlanSummary): void {
  if (allowDestroy || plan.destroyed.length === 0) return;
  throw new RefusedError(
    name,
    plan.destroyed.map((address) => ({
      reason: `the plan destroys ${address}`,
      remedy: "to let it: --allow-destroy",
    })),
  );
}
