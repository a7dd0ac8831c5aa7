import { HANDLERS } from "../../contract/handlers";
import { PlanUnreadableError } from "../edge/plan-node";
import { readEdgePlan } from "../edge/read-edge-plan";
import { USUAL_WORK } from "./pass-work";
import type { VirtualPlan } from "./virtual-plan";

/** Of a function's time, what it keeps for its notes at the end: two requests that are given up, at most half. */
const RESERVED_SECONDS = 60;

/** The stacks as parsed from `cdk.tf.json`. */
export interface VirtualStacks {
  readonly edge: unknown;
  readonly replication: unknown;
}

/** The plan cannot be drilled. */
export class VirtualPlanError extends Error {
  public override readonly name = "VirtualPlanError";
}

/** @throws VirtualPlanError saying which stack cannot be read, and why */
export function readVirtualPlan({ edge, replication }: VirtualStacks): VirtualPlan {
  return { edge: edgePlan(edge), ...schedule(replication), work: USUAL_WORK };
}

function edgePlan(stack: unknown): VirtualPlan["edge"] {
  try {
    return readEdgePlan(stack);
  } catch (error) {
    if (!(error instanceof PlanUnreadableError)) throw error;
    throw new VirtualPlanError(`edge stack: ${error.message}`, { cause: error });
  }
}

/** Of all functions and rules of the stack, those of the scheduled sweep. */
function schedule(stack: unknown): Pick<VirtualPlan, "runEverySeconds" | "runSeconds"> {
  const functions = resources(stack, "aws_lambda_function");
  const sweep = functions.find(({ handler }) => handler === HANDLERS.sweep) ?? functions[0];
  const expressions = resources(stack, "aws_cloudwatch_event_rule").map(({ schedule_expression }) =>
    /^rate\((\d+) minutes?\)$/.exec(String(schedule_expression)),
  );
  const minutes = expressions.find((match) => match !== null)?.[1];
  if (minutes === undefined)
    throw new VirtualPlanError("replication stack: no rule with a schedule of rate(n minutes)");
  const timeout = Number(sweep?.timeout);
  if (!(timeout > 0)) throw new VirtualPlanError("replication stack: no function with a time-out");
  const reserved = Math.min(RESERVED_SECONDS, timeout / 2);
  return { runEverySeconds: Number(minutes) * 60, runSeconds: timeout - reserved };
}

function resources(stack: unknown, type: string): readonly Readonly<Record<string, unknown>>[] {
  return Object.values(record(record(record(stack).resource)[type])).map(record);
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
