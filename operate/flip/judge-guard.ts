import { formatMarker, type Marker } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";

/** A deployment of the edge that is about to be applied. */
export interface EdgeChange {
  /** What the marker says now. */
  readonly live: Marker;
  /** What the toggle said before this change. */
  readonly replaces: StoreName;
  /** What it says with it. */
  readonly becomes: StoreName;
}

export type GuardVerdict =
  | { readonly passes: true; readonly why: string }
  | { readonly passes: false; readonly reason: string; readonly remedy: string };

/**
 * Whether applying the edge does what its change says, and no more. A flip by hand in between would be undone by an apply
 * that knows nothing of it, and so would a pause of writers.
 */
export function judgeEdgeChange({ live, replaces, becomes }: EdgeChange): GuardVerdict {
  if (live.writesPaused) {
    return {
      passes: false,
      reason: `writes are paused (the marker says ${formatMarker(live)}): a planned flip is under way, and an apply would end the pause in the middle of it`,
      remedy: "wait until it is done; if nobody is at it: storage-failover flip --resume-writes",
    };
  }
  // Whatever was there before: nothing moves. So a configuration that follows a flip by hand can be applied.
  if (live.active === becomes)
    return { passes: true, why: `${becomes} is active already: nothing is flipped` };
  if (live.active === replaces) {
    return { passes: true, why: `flips ${replaces} to ${becomes}, as the change says` };
  }
  return {
    passes: false,
    reason: `the marker says ${formatMarker(live)}, and this change knows ${replaces} and makes it ${becomes}: somebody flipped to ${live.active} since, past the configuration, and this apply would flip back`,
    remedy: `let the configuration follow first: storage-failover flip --to ${live.active} --via config, and merge what it makes. If ${becomes} is to be active: flip there on purpose, storage-failover flip --to ${becomes} --planned`,
  };
}
