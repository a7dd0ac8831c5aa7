import type { StoreName } from "../../contract/stores";
import { otherStore, STORE_NAMES } from "../../contract/stores";
import { duration } from "../report/wording";
import type { StagingConfig } from "./staging-config";

/** One read: when it ended, in seconds of the real deployment into the run, and why it failed. */
export interface SeenRead {
  readonly endSeconds: number;
  readonly ok: boolean;
  readonly reason?: string;
}

/** What is known while a drill is under way. Times are seconds of the real deployment, into the run. */
export interface StagingView {
  readonly nowSeconds: number;
  readonly reads: readonly SeenRead[];
  /** The store that the drill has broken; undefined while none is. */
  readonly broken: StoreName | undefined;
  /** As the monitors last said, and when Cloudflare last said so. */
  readonly pools: Readonly<Record<StoreName, PoolView>>;
  /** How far the standby is behind; undefined where that could not be read. */
  readonly lagSeconds: number | undefined;
  /** A window in which nobody may drill has opened. */
  readonly blackout: string | undefined;
}

export interface PoolView {
  readonly health: "healthy" | "unhealthy" | "unknown";
  readonly enabled: boolean;
  /** When the API last answered with the pool's health known. */
  readonly knownSeconds: number;
}

/** Fewer reads than so many say nothing about a share. */
const LEAST_READS = 5;

/** Why the drill has to end now; undefined while it may go on. */
export function abortReason(
  view: StagingView,
  { failedReads, lagSeconds, blindSeconds }: StagingConfig["abort"],
): string | undefined {
  const { nowSeconds, broken, pools, blackout } = view;
  if (blackout !== undefined) return `a window in which nobody may drill has opened: ${blackout}`;
  const { share, overSeconds } = failedReads;
  const recent = view.reads.filter(({ endSeconds }) => endSeconds > nowSeconds - overSeconds);
  const failures = recent.filter(({ ok }) => !ok);
  const failed = failures.length;
  if (recent.length >= LEAST_READS && failed / recent.length >= share) {
    return `${failed} of ${recent.length} reads of the last ${duration(overSeconds)} failed (at most ${Math.round(share * 100)} % may), the last with: ${failures.at(-1)?.reason ?? "no reason given"}`;
  }
  // Whom readers need now: the other store, and while nothing is broken both.
  for (const store of broken === undefined ? STORE_NAMES : [otherStore(broken)]) {
    const { health, enabled, knownSeconds } = pools[store];
    if (!enabled) return `somebody has switched the pool of ${store} off`;
    if (broken !== undefined && health === "unhealthy") return `the pool of ${store} is unhealthy`;
    if (nowSeconds - knownSeconds > blindSeconds)
      return `Cloudflare has not said for ${duration(nowSeconds - knownSeconds)} how ${store} is`;
  }
  if (lagSeconds !== undefined && view.lagSeconds !== undefined && view.lagSeconds > lagSeconds) {
    return `the standby is ${duration(view.lagSeconds)} behind (at most ${duration(lagSeconds)})`;
  }
  return undefined;
}
