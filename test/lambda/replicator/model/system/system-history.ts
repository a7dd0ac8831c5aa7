import fc from "fast-check";
import { LAST_CALM, live } from "../steps";
import { System } from "./system";
import { liveInSystem, type SystemStep, systemStep } from "./system-steps";

/** What a history of the whole system consists of. */
export const systemHistory = fc.array(systemStep, { minLength: 2, maxLength: 22 });

/** How a history ended. Without a fault in the system: clean, without violations, and nothing left to do. */
export interface SystemEnd {
  readonly outcome: string;
  readonly violations: readonly string[];
  readonly changes: readonly string[];
}

export const GOOD_END: SystemEnd = { outcome: "clean", violations: [], changes: [] };

/** Lives through a history, lets all faults end, and looks at what came of it. */
export async function liveThrough(
  steps: readonly SystemStep[],
  met: Map<string, number> = new Map(),
): Promise<SystemEnd> {
  const system = new System();
  await liveInSystem(system, steps);
  await system.calmDown();
  await live(system, LAST_CALM);
  const [report] = await system.runs([{ kind: "sweep", budget: 600_000, skew: 0, mostDeletions: 1000 }]);
  if (report === undefined) throw new Error("the last run came to no end");
  system.checkCalm(report);
  for (const [what, times] of system.met) met.set(what, (met.get(what) ?? 0) + times);
  return { outcome: report.outcome, violations: system.ledger.violations, changes: system.changes };
}
