import type { EdgePlan } from "../../drill/edge/edge-plan";
import { PlanUnreadableError } from "../../drill/edge/plan-node";
import { readEdgePlan } from "../../drill/edge/read-edge-plan";
import { member } from "../../operate/runbook/plan-walk";
import { WrongUseError } from "../wrong-use-error";
import { type PlanPlace, plannedMember, plannedStack } from "./planned-stack";

/** The edge as `cdktf synth` planned it. */
export interface PlannedEdge {
  readonly plan: EdgePlan;
  /** The parsed stack. */
  readonly stack: unknown;
  readonly file: string;
}

/**
 * Undefined where nothing was synthesized.
 *
 * @throws WrongUseError when it cannot be told which of several edges is meant, or when the plan cannot be understood
 */
export async function plannedEdge(place: PlanPlace): Promise<PlannedEdge | undefined> {
  const found = await plannedStack(place, "edge");
  if (found.text === undefined) return undefined;
  const stack = plannedMember(found);
  // Secrets have no value before a deployment, and none is wanted here.
  const variables = Object.fromEntries(Object.keys(member(stack, "variable")).map((name) => [name, "…"]));
  try {
    return { plan: readEdgePlan(stack, { variables }), stack, file: found.file };
  } catch (error) {
    if (!(error instanceof PlanUnreadableError)) throw error;
    throw new WrongUseError(`${found.file}: ${error.message}`, { cause: error });
  }
}
