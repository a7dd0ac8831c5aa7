import { readEdgePlan } from "../edge/read-edge-plan";
import type { Plans } from "../stage/plans";
import type { BothPlans } from "../stage/stage";

/** The same plans, with monitors that probe from other regions. */
export function withCheckRegions(both: BothPlans, regions: readonly string[] | undefined): BothPlans {
  if (regions === undefined) return both;
  const changed = (plans: Plans): Plans => {
    const edge = withRegions(plans.stacks.edge, regions);
    return { ...plans, stacks: { ...plans.stacks, edge }, edge: readEdgePlan(edge) };
  };
  return {
    ...both,
    plans: { primary: changed(both.plans.primary), secondary: changed(both.plans.secondary) },
  };
}

function withRegions(value: unknown, regions: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((one) => withRegions(one, regions));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      name === "check_regions" ? regions : withRegions(one, regions),
    ]),
  );
}
