import { describe, expect, it } from "@jest/globals";
import { abortReason, type StagingView } from "../../drill/staging/abort";

const LIMITS = { failedReads: { share: 0.5, overSeconds: 30 }, lagSeconds: 600, blindSeconds: 60 };

const GOOD = { endSeconds: 990, ok: true };
const FAILED = { endSeconds: 990, ok: false };
const WELL = { health: "healthy", enabled: true, knownSeconds: 995 } as const;

/** The primary is broken on purpose, and readers are served by the secondary. */
const VIEW: StagingView = {
  nowSeconds: 1000,
  reads: Array.from({ length: 10 }, () => GOOD),
  broken: "primary",
  pools: { primary: { ...WELL, health: "unhealthy" }, secondary: WELL },
  lagSeconds: 300,
  blackout: undefined,
};

const half = [...Array.from({ length: 5 }, () => FAILED), ...Array.from({ length: 5 }, () => GOOD)];
const secondary = (change: Partial<StagingView["pools"]["secondary"]>) => ({
  pools: { ...VIEW.pools, secondary: { ...WELL, ...change } },
});

describe("a drill of a deployment", () => {
  it.each<[string, Partial<StagingView>, string]>([
    ["too many reads fail", { reads: half }, "5 of 10 reads of the last 30 s failed (at most 50 % may)"],
    [
      "the other store is unhealthy",
      secondary({ health: "unhealthy" }),
      "the pool of secondary is unhealthy",
    ],
    [
      "the other store's pool is switched off",
      secondary({ enabled: false }),
      "switched the pool of secondary",
    ],
    ["nobody knows how the other store is", secondary({ knownSeconds: 900 }), "Cloudflare has not said for"],
    ["the standby falls behind", { lagSeconds: 601 }, "behind (at most 10 min)"],
    ["a window opens in which nobody may drill", { blackout: "* 8-17 * * *" }, "window in which nobody may"],
    [
      "somebody else switches a pool off while nothing is broken",
      { broken: undefined, ...secondary({ enabled: false }) },
      "switched the pool of secondary",
    ],
  ])("ends when %s", (_what, change, reason) => {
    expect(abortReason({ ...VIEW, ...change }, LIMITS)).toContain(reason);
  });

  it.each<[string, Partial<StagingView>]>([
    ["all but the broken store is well", {}],
    ["fewer reads fail", { reads: [GOOD, ...half] }],
    ["reads failed earlier", { reads: [...half.map((read) => ({ ...read, endSeconds: 970 })), GOOD] }],
    ["there are too few reads to tell", { reads: [FAILED, FAILED, FAILED, FAILED] }],
    ["the broken store is switched off", { pools: { ...VIEW.pools, primary: { ...WELL, enabled: false } } }],
    ["the standby is as far behind as it may be", { lagSeconds: 600 }],
    ["nobody knows how far the standby is behind", { lagSeconds: undefined }],
    ["monitors come to their view again after the mending", { broken: undefined }],
  ])("goes on when %s", (_what, change) => {
    expect(abortReason({ ...VIEW, ...change }, LIMITS)).toBeUndefined();
  });
});
