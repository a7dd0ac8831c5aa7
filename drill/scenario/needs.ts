import type { StoreName } from "../../contract/stores";
import type { PathsWanted } from "../stage/edge-paths";
import type { BreakableTarget } from "./fault-kinds";
import type { Scenario } from "./schema";
import type { SimpleStep, Step, StepOf } from "./step-schema";

/** Every step of a scenario, those within others too. */
export function stepsOf(steps: readonly Step[]): readonly SimpleStep[] {
  return steps.flatMap((step) => {
    if ("together" in step) return stepsOf(step.together);
    if ("repeat" in step) return stepsOf(step.repeat.steps);
    return [step];
  });
}

/** What a scenario takes away; needs a gateway in front of it. */
export function targetsOf(scenario: Scenario): ReadonlySet<BreakableTarget> {
  return new Set(faultsOf(scenario).map(({ target }) => target));
}

/** Whether the store needs a disk that can be filled. */
export function fillsDiskOf(scenario: Scenario, store: StoreName): boolean {
  return faultsOf(scenario).some(({ target, kind }) => target === store && kind === "disk-full");
}

/** Whether somebody runs the command line in it. */
export function hasOperator({ steps }: Scenario): boolean {
  return stepsOf(steps).some((step) => "operator" in step);
}

/** What a scenario breaks between the edge and the stores. */
export function pathsOf(scenario: Scenario): PathsWanted {
  const faults = faultsOf(scenario);
  return {
    tls: faults.some(({ kind }) => kind === "tls-expired"),
    regions: [...new Set(faults.flatMap(({ regions }) => regions ?? []))],
  };
}

function faultsOf({ steps }: Scenario): readonly StepOf<"fault">[] {
  return stepsOf(steps).flatMap((step) => ("fault" in step ? [step.fault] : []));
}
