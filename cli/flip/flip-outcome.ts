import type { StoreName } from "../../contract/stores";
import type { Judgement } from "../../operate/flip/judge-flip";
import { type FlipStep, stepText } from "../../operate/flip/plan-flip";
import { isKnown } from "../../operate/known";
import type { FlipWay } from "../commands/flip";

/**
 * - `already`: nothing was to be done.
 * - `branch`: `--via config` has made one; the flip itself is still to come.
 * - `called-off`: writers go on, nothing was flipped.
 * - `unfinished`: stopped in the middle; the same command goes on.
 */
export type FlipOutcome =
  | "flipped"
  | "already"
  | "branch"
  | "refused"
  | "dry-run"
  | "called-off"
  | "writes-resumed"
  | "unfinished";

/** What `--json` prints; names are stable. */
export interface FlipReport {
  readonly outcome: FlipOutcome;
  readonly to?: StoreName;
  readonly via: FlipWay;
  readonly planned: boolean;
  readonly judgement?: Judgement;
  readonly steps?: readonly FlipStep[];
  /** What remains for a person to do. */
  readonly next?: readonly string[];
  /** Of `--via config`. */
  readonly branch?: string;
}

export function flipJson({ judgement, steps, ...report }: FlipReport): string {
  const exposure = judgement?.exposure;
  const value = {
    command: "flip",
    ...report,
    reasons: judgement?.refusals ?? [],
    overridden: judgement?.overridden ?? [],
    fine: judgement?.fine ?? [],
    ...(exposure && {
      exposureSeconds: exposure.seconds,
      exposure: {
        since: isKnown(exposure.since) ? exposure.since.value : null,
        keys: exposure.keys,
        unclassified: exposure.unclassified,
      },
    }),
    ...(steps && { steps: steps.map((step) => ({ id: step.id, text: stepText(step) })) }),
  };
  return JSON.stringify(value, null, 2);
}
