import { type EdgePlan, poolsOf } from "../../drill/edge/edge-plan";
import type { VirtualCheck } from "../../drill/edge/virtual/virtual-edge";

export interface PoolChange {
  /** Plan milliseconds, as in events. */
  readonly at: number;
  readonly store: string;
  readonly healthy: boolean;
}

/**
 * What must come of a list of checks, worked out anew for each of them from all that came before, and from nothing that the
 * engine keeps. Knows of Cloudflare's rules what its documentation says in a sentence each.
 */
export function changesFrom(plan: EdgePlan, checks: readonly VirtualCheck[]): readonly PoolChange[] {
  const changes: PoolChange[] = [];
  const last = new Map<string, string>();
  checks.forEach((check, index) => {
    const pool = poolsOf(plan).find(({ origin }) => origin.name === check.store);
    if (pool === undefined) throw new Error(`no pool of the plan is of ${check.store}`);
    const { consecutiveUp, consecutiveDown } = pool.monitor;
    const verdicts = pool.checkRegions.map((region) =>
      [0, 1, 2].map((dataCentre) => {
        const results = checks
          .slice(0, index + 1)
          .filter(
            (one) => one.store === check.store && one.region === region && one.dataCentre === dataCentre,
          )
          .map(({ passed }) => passed);
        return newestVerdict(results, consecutiveUp, consecutiveDown);
      }),
    );
    const status = statusOf(verdicts);
    if (status === (last.get(check.store) ?? "unknown")) return;
    last.set(check.store, status);
    changes.push({ at: check.at * 1000, store: check.store, healthy: status === "healthy" });
  });
  return changes;
}

type Verdict = "up" | "down" | "unknown";

/** Looks for the newest window of equal results that is long enough. */
export function newestVerdict(results: readonly boolean[], up: number, down: number): Verdict {
  for (let end = results.length; end > 0; end -= 1) {
    if (end >= up && results.slice(end - up, end).every(Boolean)) return "up";
    if (end >= down && !results.slice(end - down, end).some(Boolean)) return "down";
  }
  return "unknown";
}

/** Healthy when more than half of the regions have two data centres up; unknown while that could still become so. */
export function statusOf(regions: readonly (readonly Verdict[])[]): "healthy" | "unhealthy" | "unknown" {
  const up = (hopeful: boolean): number =>
    regions.filter(
      (verdicts) =>
        verdicts.filter((verdict) => verdict === "up" || (hopeful && verdict === "unknown")).length >= 2,
    ).length;
  if (up(false) > regions.length / 2) return "healthy";
  return up(true) > regions.length / 2 ? "unknown" : "unhealthy";
}
