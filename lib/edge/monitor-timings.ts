import type { MonitorTimings } from "../objectives";
import { checkWholeNumber } from "../private/whole-number";
import { type CloudflarePlan, checkInterval, PLAN_LIMITS } from "./plan-limits";

/** The knobs of both monitors; each has a default. */
export interface MonitorTimingsProps {
  /**
   * Seconds between two probes of a store. The least is 60 on Free and Pro, 15 on Business, 10 on Enterprise.
   *
   * @default - the plan's minimum
   */
  readonly intervalSeconds?: number;
  /**
   * Seconds after which one attempt of a probe is given up; 1 to 10.
   *
   * @default 5
   */
  readonly timeoutSeconds?: number;
  /**
   * Attempts after the first that timed out, made at once; 0 to 5. A wrong answer is not tried again.
   *
   * @default 2
   */
  readonly retries?: number;
  /**
   * Good probes in a row that make a store healthy again; 1 to 10.
   *
   * @default 1
   */
  readonly consecutiveUp?: number;
  /**
   * Failed probes in a row that make a store unhealthy; 1 to 10. Each adds an interval to the recovery time.
   *
   * @default 1
   */
  readonly consecutiveDown?: number;
}

/**
 * Checks the knobs and fills in the defaults. Never 0 for the counts: Cloudflare stores no 0, and every later
 * plan would show a difference.
 *
 * @throws ConfigurationError INTERVAL_BELOW_PLAN_MINIMUM, NUMBER_OUT_OF_RANGE
 */
export function checkMonitorTimings(
  props: MonitorTimingsProps,
  plan: CloudflarePlan,
  path: string,
): MonitorTimings {
  return {
    intervalSeconds: checkInterval(
      props.intervalSeconds ?? PLAN_LIMITS[plan].leastIntervalSeconds,
      plan,
      `${path}/intervalSeconds`,
    ),
    timeoutSeconds: checkWholeNumber(
      props.timeoutSeconds ?? 5,
      { least: 1, most: 10, unit: "seconds" },
      `${path}/timeoutSeconds`,
    ),
    retries: checkWholeNumber(props.retries ?? 2, { least: 0, most: 5, unit: "attempts" }, `${path}/retries`),
    consecutiveUp: checkWholeNumber(
      props.consecutiveUp ?? 1,
      { least: 1, most: 10, unit: "probes" },
      `${path}/consecutiveUp`,
    ),
    consecutiveDown: checkWholeNumber(
      props.consecutiveDown ?? 1,
      { least: 1, most: 10, unit: "probes" },
      `${path}/consecutiveDown`,
    ),
  };
}
