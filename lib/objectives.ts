/**
 * Recovery time (RTO) and recovery point (RPO) computed from the plan's own numbers, before anything is deployed.
 *
 * The model is Cloudflare's: a monitor probes every `intervalSeconds`; a probe that times out is repeated at
 * once, `retries` times, and any other failure counts at once; after `consecutiveDown` failed probes in a row the
 * pool is unhealthy; data centres may use the origin address that they have cached for up to 5 s longer. A data centre
 * makes one check at a time, so that a check which outlasts the interval delays the next one to the interval after.
 *
 * That several data centres have to agree adds nothing to the mean: each looks once an interval, and for an outage at a random
 * moment the middle one of them has looked after half an interval, however they are spread.
 * `storage-failover drill --virtual` measures all of this on the edge engine.
 * Sources: developers.cloudflare.com, "Load Balancing: Monitors", "Health monitor properties" and "Adaptive
 * routing" (zero-downtime failover retries on 521, 522, 523, 525 and 526 only).
 */

/** Seconds that data centres may go on using an origin address after its pool became unhealthy. */
export const CACHED_ADDRESS_SECONDS = 5;

/** Seconds of the real deployment; `mean` is over the phase of the outage within the interval. */
export interface Range {
  /** When the outage begins just before a probe. */
  readonly best: number;
  /** On average. */
  readonly mean: number;
  /** When it begins just after one. */
  readonly worst: number;
}

/**
 * How a store is out of order.
 *
 * - `refusing`: it answers, wrongly and at once (503, a missing health object). No retry helps; only the monitor notices.
 * - `hanging`: it accepts and never answers. Every attempt of a probe runs into its timeout.
 * - `unreachable`: connections fail (refused, no route, bad TLS). The edge repeats such a request at once on the other pool.
 */
export const OUTAGE_KINDS = ["refusing", "hanging", "unreachable"] as const;

/** One of `OUTAGE_KINDS`. */
export type OutageKind = (typeof OUTAGE_KINDS)[number];

/** What decides how soon the edge notices an outage; the same numbers as in the monitor's plan. */
export interface MonitorTimings {
  /** Seconds between two probes. */
  readonly intervalSeconds: number;
  /** Seconds after which one attempt of a probe is given up. */
  readonly timeoutSeconds: number;
  /** Attempts after the first that timed out. */
  readonly retries: number;
  /** Failed probes in a row that make a pool unhealthy; 0 counts as 1, as at Cloudflare. */
  readonly consecutiveDown: number;
  /** Good probes in a row that make a pool healthy again; 0 counts as 1. */
  readonly consecutiveUp: number;
}

/** What decides for how long reads fail. */
export interface RecoveryTimings extends MonitorTimings {
  /** Whether a failed connection is repeated on another pool (`adaptive_routing.failover_across_pools`). */
  readonly failoverAcrossPools: boolean;
}

/** Seconds from the begin of an outage until the monitor has marked the pool unhealthy. */
export function predictDetection(kind: OutageKind, timings: MonitorTimings): Range {
  const attempts = kind === "hanging" ? timings.timeoutSeconds * (timings.retries + 1) : 0;
  return overPhase(timings.intervalSeconds, timings.consecutiveDown, attempts);
}

/**
 * Seconds for which reads fail: from the first failed read to the first of the lasting good ones.
 * Zero for an unreachable store when the edge may retry across pools.
 */
export function predictRecoveryTime(kind: OutageKind, timings: RecoveryTimings): Range {
  if (kind === "unreachable" && timings.failoverAcrossPools) {
    return { best: 0, mean: 0, worst: 0 };
  }
  return plusCachedAddress(predictDetection(kind, timings));
}

/** Seconds from a store's recovery until its pool takes traffic again; failback of reads is automatic. */
export function predictReturn(timings: MonitorTimings): Range {
  return plusCachedAddress(overPhase(timings.intervalSeconds, timings.consecutiveUp, 0));
}

/** What decides how far the standby is behind. */
export interface ReplicationTimings {
  /** Seconds between the starts of two runs. */
  readonly intervalSeconds: number;
  /**
   * Seconds of work until a pass is complete. A pass vouches for what was there when it began.
   *
   * @default 0 - small against the interval
   */
  readonly passSeconds?: number;
  /**
   * Most seconds of a run; the next run goes on with a pass that takes longer.
   *
   * @default - as long as the pass takes
   */
  readonly runSeconds?: number;
}

/** How passes follow each other, in seconds. */
export interface PassCycle {
  /** From the begin of a pass to its end, pauses between its runs included. */
  readonly durationSeconds: number;
  /** From the begin of a pass to that of the next. */
  readonly cycleSeconds: number;
}

/**
 * A run that the schedule starts while another one is under way does nothing, so that the next begins at the next moment of the
 * schedule: passes begin whole intervals apart.
 */
export function passCycle({ intervalSeconds, passSeconds = 0, runSeconds }: ReplicationTimings): PassCycle {
  const slot = (seconds: number): number =>
    Math.max(1, Math.ceil(seconds / intervalSeconds)) * intervalSeconds;
  const most = Math.max(1, runSeconds ?? passSeconds);
  const fullRuns = Math.max(1, Math.ceil(passSeconds / most)) - 1;
  const rest = passSeconds - fullRuns * most;
  const before = fullRuns * slot(most);
  return { durationSeconds: before + rest, cycleSeconds: before + slot(rest) };
}

/**
 * Seconds of acknowledged writes that are not yet on the standby when the active store is lost: since the begin of the last
 * complete pass. That is a pass old when the loss comes just after a pass has ended, and older by a cycle just before the next ends.
 */
export function predictDataAtRisk(timings: ReplicationTimings): Range {
  const { durationSeconds, cycleSeconds } = passCycle(timings);
  return {
    best: durationSeconds,
    mean: durationSeconds + cycleSeconds / 2,
    worst: durationSeconds + cycleSeconds,
  };
}

/**
 * The first probe after the event comes within one interval; each further one needed costs a whole interval, or as many as
 * a check takes.
 */
function overPhase(intervalSeconds: number, consecutive: number, attemptSeconds: number): Range {
  const between = Math.max(1, Math.ceil(attemptSeconds / intervalSeconds)) * intervalSeconds;
  const further = (Math.max(1, consecutive) - 1) * between + attemptSeconds;
  return { best: further, mean: further + intervalSeconds / 2, worst: further + intervalSeconds };
}

function plusCachedAddress({ best, mean, worst }: Range): Range {
  return { best, mean: mean + CACHED_ADDRESS_SECONDS / 2, worst: worst + CACHED_ADDRESS_SECONDS };
}
