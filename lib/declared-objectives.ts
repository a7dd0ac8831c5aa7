import { Token } from "cdktf";
import { ConfigurationError } from "./configuration-error";
import { CLOUDFLARE_PLANS, type CloudflarePlan, PLAN_LIMITS } from "./edge/plan-limits";
import {
  CACHED_ADDRESS_SECONDS,
  type MonitorTimings,
  OUTAGE_KINDS,
  passCycle,
  predictDataAtRisk,
  predictRecoveryTime,
  type RecoveryTimings,
  type ReplicationTimings,
} from "./objectives";
import { checkKinds } from "./private/prop-kinds";
import { checkWholeNumber } from "./private/whole-number";
import { OBJECTIVES_KINDS } from "./storage-failover-kinds";

/** What a team has promised; compared at synth with the worst case of the configuration. */
export interface Objectives {
  /**
   * Most seconds for which reads may fail when the active store is lost without warning; whole, up to a day.
   * Writes move by a flip, which a person or a pipeline decides: that time is not in it.
   *
   * @default - not checked
   */
  readonly rtoSeconds?: number;
  /**
   * Most seconds of acknowledged writes that may be missing on the standby when the active store is lost; whole, up to a day.
   *
   * @default - not checked
   */
  readonly rpoSeconds?: number;
}

/** What the configuration can reach follows from these. */
export interface ObjectiveInputs {
  /** Timings of the monitors, and the plan that limits them; absent: `rtoSeconds` is not checked. */
  readonly edge?: RecoveryTimings & { readonly plan: CloudflarePlan };
  /** How often replication runs; absent: `rpoSeconds` is not checked. */
  readonly replication?: ReplicationTimings;
}

/** Settings that alone, each in the place of the one given, would make an objective reachable. */
export interface Remedy extends Partial<MonitorTimings> {
  readonly plan?: CloudflarePlan;
  readonly everyMinutes?: number;
}

const LONGEST_OBJECTIVE = { least: 1, most: 86_400, unit: "seconds" };
const KNOBS = ["intervalSeconds", "consecutiveDown", "retries", "timeoutSeconds"] as const;
const LEAST = { consecutiveDown: 1, retries: 0, timeoutSeconds: 1 } as const;
/** As often as a schedule can run; `everyMinutes` is whole. */
const MINUTE_SECONDS = 60;

/**
 * Compares what was promised with the worst case that `lib/objectives.ts` computes. Numbers that are only known after
 * deployment are left out.
 *
 * @param path where the objectives were given; their names are added
 * @throws ConfigurationError OBJECTIVE_UNREACHABLE with the arithmetic and the knobs that would help; NUMBER_OUT_OF_RANGE
 */
export function checkObjectives(objectives: Objectives, reach: ObjectiveInputs, path: string): void {
  checkKinds(objectives, OBJECTIVES_KINDS, path);
  const { rtoSeconds, rpoSeconds } = objectives;
  if (rtoSeconds !== undefined) {
    checkWholeNumber(rtoSeconds, LONGEST_OBJECTIVE, `${path}/rtoSeconds`);
    if (reach.edge !== undefined && allKnown(rtoSeconds, ...KNOBS.map((knob) => reach.edge?.[knob]))) {
      checkRecoveryTime(rtoSeconds, reach.edge, `${path}/rtoSeconds`);
    }
  }
  if (rpoSeconds !== undefined) {
    checkWholeNumber(rpoSeconds, LONGEST_OBJECTIVE, `${path}/rpoSeconds`);
    const { replication } = reach;
    if (
      replication !== undefined &&
      allKnown(rpoSeconds, replication.intervalSeconds, replication.passSeconds)
    ) {
      checkRecoveryPoint(rpoSeconds, replication, `${path}/rpoSeconds`);
    }
  }
}

/** Seconds for which reads fail at worst, whatever is wrong with the store. */
export function worstRecoverySeconds(timings: RecoveryTimings): number {
  return Math.max(...OUTAGE_KINDS.map((kind) => predictRecoveryTime(kind, timings).worst));
}

/** What would make a recovery time reachable, the least change of each knob first; none when nothing would. */
export function recoveryTimeRemedies(
  rtoSeconds: number,
  { plan, ...timings }: RecoveryTimings & { readonly plan: CloudflarePlan },
): readonly Remedy[] {
  const suffices = (change: Partial<MonitorTimings>): boolean =>
    worstRecoverySeconds({ ...timings, ...change }) <= rtoSeconds;
  const least = { ...LEAST, intervalSeconds: PLAN_LIMITS[plan].leastIntervalSeconds };

  const single = KNOBS.flatMap((knob) => {
    const value = largest(least[knob], timings[knob] - 1, (candidate) => suffices({ [knob]: candidate }));
    return value === undefined ? [] : [{ [knob]: value }];
  });
  if (single.length > 0) {
    return single;
  }
  const plans = CLOUDFLARE_PLANS.slice(CLOUDFLARE_PLANS.indexOf(plan) + 1);
  const otherPlan = plans.flatMap((higher) => {
    const intervalSeconds = largest(
      PLAN_LIMITS[higher].leastIntervalSeconds,
      timings.intervalSeconds - 1,
      (candidate) => suffices({ intervalSeconds: candidate }),
    );
    return intervalSeconds === undefined ? [] : [{ plan: higher, intervalSeconds }];
  });
  if (otherPlan.length > 0) {
    return otherPlan.slice(0, 1);
  }
  const everything = [plan, ...plans].map((each) => ({
    ...LEAST,
    intervalSeconds: PLAN_LIMITS[each].leastIntervalSeconds,
    ...(each === plan ? {} : { plan: each }),
  }));
  return everything.filter(suffices).slice(0, 1);
}

/** What would make a recovery point reachable; none when the schedule cannot run often enough. */
export function recoveryPointRemedies(
  rpoSeconds: number,
  replication: ReplicationTimings,
): readonly Remedy[] {
  const everyMinutes = largest(
    1,
    Math.ceil(replication.intervalSeconds / MINUTE_SECONDS) - 1,
    (minutes) =>
      predictDataAtRisk({ ...replication, intervalSeconds: minutes * MINUTE_SECONDS }).worst <= rpoSeconds,
  );
  return everyMinutes === undefined ? [] : [{ everyMinutes }];
}

function checkRecoveryTime(
  rtoSeconds: number,
  edge: NonNullable<ObjectiveInputs["edge"]>,
  path: string,
): void {
  const worst = worstRecoverySeconds(edge);
  if (worst <= rtoSeconds) {
    return;
  }
  const { intervalSeconds, consecutiveDown, timeoutSeconds, retries } = edge;
  const down = Math.max(1, consecutiveDown);
  const checked = intervalSeconds * down + timeoutSeconds * (retries + 1);
  const overrun = worst - checked - CACHED_ADDRESS_SECONDS;
  const late = overrun > 0 ? ` + ${overrun} s because such a check outlasts the interval` : "";
  refuse({
    path,
    what: `reads fail for up to ${worst} s when the active store hangs: ${intervalSeconds} s interval × ${down} + ${timeoutSeconds} s time-out × ${retries + 1} attempts${late} + ${CACHED_ADDRESS_SECONDS} s cached address`,
    value: rtoSeconds,
    allowed: `${worst} seconds and more with these settings`,
    remedies: recoveryTimeRemedies(rtoSeconds, edge),
    hopeless: `no plan of Cloudflare's notices so fast; declare ${fastestRecoverySeconds(edge)} seconds or more`,
  });
}

function checkRecoveryPoint(rpoSeconds: number, replication: ReplicationTimings, path: string): void {
  const { worst } = predictDataAtRisk(replication);
  if (worst <= rpoSeconds) {
    return;
  }
  const { durationSeconds } = passCycle(replication);
  refuse({
    path,
    what: `up to ${worst} s of writes are not on the standby yet: ${worst - durationSeconds} s between two passes + ${durationSeconds} s for a pass (events copy sooner, and prove nothing)`,
    value: rpoSeconds,
    allowed: `${worst} seconds and more with these settings`,
    remedies: recoveryPointRemedies(rpoSeconds, replication),
    hopeless: `a schedule cannot run more often than each minute; declare ${leastRecoveryPoint(replication)} seconds or more`,
  });
}

/** The best that any schedule can do: the most frequent one, or one that a pass just fills. */
function leastRecoveryPoint(replication: ReplicationTimings): number {
  const minutes = Math.ceil(replication.intervalSeconds / MINUTE_SECONDS);
  const worst = (minute: number): number =>
    predictDataAtRisk({ ...replication, intervalSeconds: minute * MINUTE_SECONDS }).worst;
  return Math.min(...Array.from({ length: minutes }, (_, index) => worst(index + 1)));
}

/** The best that the highest plan can do. */
function fastestRecoverySeconds(timings: RecoveryTimings): number {
  const intervals = CLOUDFLARE_PLANS.map((plan) => PLAN_LIMITS[plan].leastIntervalSeconds);
  return worstRecoverySeconds({ ...timings, ...LEAST, intervalSeconds: Math.min(...intervals) });
}

function refuse(problem: {
  readonly path: string;
  readonly what: string;
  readonly value: number;
  readonly allowed: string;
  readonly remedies: readonly Remedy[];
  readonly hopeless: string;
}): never {
  const { remedies, hopeless, ...rest } = problem;
  throw new ConfigurationError({
    code: "OBJECTIVE_UNREACHABLE",
    ...rest,
    fix: remedies.length === 0 ? hopeless : `set ${remedies.map(inWords).join(", or ")}`,
  });
}

function inWords(remedy: Remedy): string {
  return Object.entries(remedy)
    .map(([knob, value]) => `${knob} to ${JSON.stringify(value)}`)
    .join(" and ");
}

function largest(least: number, most: number, suffices: (value: number) => boolean): number | undefined {
  for (let value = most; value >= least; value -= 1) {
    if (suffices(value)) {
      return value;
    }
  }
  return undefined;
}

function allKnown(...numbers: readonly (number | undefined)[]): boolean {
  return numbers.every((number) => !Token.isUnresolved(number));
}
