import { OUTAGE_KINDS, type OutageKind, predictRecoveryTime } from "../../lib/objectives";
import { ROUTE_SECONDS } from "../edge/core/route-cache";
import type { OriginBehaviour } from "../edge/virtual/origin-behaviour";
import { VirtualEdge } from "../edge/virtual/virtual-edge";
import { seededRandom } from "../workload/seeded-random";
import { evenPhases, GOLDEN, SILVER } from "./even-phases";
import { activePool, activeStore, recoveryTimings, type VirtualPlan } from "./virtual-plan";

const BEHAVIOUR: Readonly<Record<OutageKind, OriginBehaviour>> = {
  refusing: { kind: "answering", status: 503 },
  hanging: { kind: "hanging" },
  unreachable: { kind: "unreachable" },
};

/** As long as the edge keeps an address: somebody reads at each such moment, so that no reader sees more of a change than this one. */
const BETWEEN_READS = ROUTE_SECONDS;

/** Outages that one edge goes through; its data centres keep their moments meanwhile. */
const OUTAGES_OF_AN_EDGE = 40;

/** Recovery times of one kind of outage, in seconds; infinite where reads did not get well by themselves. */
export type RecoverySamples = Readonly<Record<OutageKind, readonly number[]>>;

/** Breaks the active store at random moments, and measures for how long reads fail through the edge engine. */
export function recoverySamples(plan: VirtualPlan, runs: number, seed: number): RecoverySamples {
  const samples = OUTAGE_KINDS.map((kind) => [kind, samplesOf(plan, kind, runs, seed)] as const);
  return Object.fromEntries(samples) as unknown as RecoverySamples;
}

function samplesOf(plan: VirtualPlan, kind: OutageKind, runs: number, seed: number): readonly number[] {
  const random = seededRandom(seed + OUTAGE_KINDS.indexOf(kind));
  const phases = evenPhases(random, GOLDEN);
  const readPhases = evenPhases(random, SILVER);
  const samples: number[] = [];
  let edge: VirtualEdge | undefined;
  for (let run = 0; run < runs; run += 1) {
    if (edge === undefined || run % OUTAGES_OF_AN_EDGE === 0) {
      edge = new VirtualEdge({ plan: plan.edge, seed: random.whole(1, 2 ** 31) });
    }
    samples.push(outage(plan, edge, kind, phases(run), readPhases(run)));
  }
  return samples;
}

/** @param phase where in the interval it begins, from 0 to 1. @param readPhase where between two reads */
function outage(
  plan: VirtualPlan,
  edge: VirtualEdge,
  kind: OutageKind,
  phase: number,
  readPhase: number,
): number {
  const store = activeStore(plan);
  const { intervalSeconds, timeoutSeconds, retries, consecutiveDown, consecutiveUp } =
    activePool(plan).monitor;
  const check = intervalSeconds + timeoutSeconds * (retries + 1);
  const settled = edge.now + (Math.max(consecutiveUp, 1) + 1) * check + BETWEEN_READS;
  const begin = settled + phase * intervalSeconds;
  let moment = begin - readPhase * BETWEEN_READS;
  edge.advanceTo(moment);
  edge.read();
  edge.advanceTo(begin);
  edge.origin(store).become(BEHAVIOUR[kind]);
  // What would have to go wrong for reads to fail longer than this is more than the plan can tell.
  const end =
    begin +
    2 * (predictRecoveryTime("hanging", recoveryTimings(plan)).worst + check * Math.max(1, consecutiveDown));
  let failedUntil = edge.read().status === 200 ? begin : Number.POSITIVE_INFINITY;
  for (;;) {
    moment += BETWEEN_READS;
    edge.advanceTo(moment);
    const isWell = edge.read().status === 200;
    if (!isWell) failedUntil = Number.POSITIVE_INFINITY;
    else if (failedUntil === Number.POSITIVE_INFINITY) failedUntil = moment;
    // Once the pool is out, whoever asks anew gets the other one.
    const isOut = edge.pools().some((pool) => pool.store === store && pool.status === "unhealthy");
    if ((isWell && isOut) || moment > end) break;
  }
  edge.origin(store).become({ kind: "healthy" });
  return failedUntil - begin;
}
