import { join } from "node:path";
import { changedPaths } from "../../stacks/plan-difference";
import { allEnded } from "../machine/all-ended";
import { synthesizePlans } from "./plans";
import type { BothPlans } from "./stage";

/** Where both values' plans are written, below the run's own folder. */
export function planFolders(folder: string): readonly [string, string] {
  return [join(folder, "plan-primary"), join(folder, "plan-secondary")];
}

/** Synthesizes the app for both values of the toggle, at the same time. */
export async function synthesizeBoth(folder: string, signal: AbortSignal): Promise<BothPlans> {
  const [primaryFolder, secondaryFolder] = planFolders(folder);
  const [primary, secondary] = await allEnded([
    synthesizePlans("primary", primaryFolder, signal),
    synthesizePlans("secondary", secondaryFolder, signal),
  ]);
  return { plans: { primary, secondary }, changedPaths: changedPaths(primary.stacks, secondary.stacks) };
}
