import { MARKER_HOLD_SECONDS, REQUEST_TIMEOUT_SECONDS } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";
import {
  OUTAGE_KINDS,
  type OutageKind,
  predictDataAtRisk,
  predictDetection,
  predictRecoveryTime,
  predictReturn,
  type Range,
} from "../../lib/objectives";
import type { Contracts } from "../../operate/dependencies/contract";
import { tasksOf } from "../../operate/dependencies/contracts-table";
import type { Deployment } from "../../operate/runbook/deployment";
import { type Limit, limitsOf } from "./limits";

/** What a deployment will do, and what it will not. All times are seconds of the real thing, predicted. */
export interface Explanation {
  readonly hostname: string;
  /** The toggle's value in the plan. */
  readonly active: StoreName;
  readonly flip: {
    /** As in `edge: resource.cloudflare_load_balancer.<id>.default_pools`. */
    readonly changedPaths: readonly string[];
    /** Whether the app was synthesized for both values; else the paths are by rule. */
    readonly isSynthesized: boolean;
  };
  /** Seconds for which reads fail, by how the active store is lost. */
  readonly recovery: Readonly<Record<OutageKind, Range>>;
  /** Seconds until the monitors have noticed. */
  readonly detection: Readonly<Record<OutageKind, Range>>;
  /** Seconds from a store's recovery until readers are sent there again. */
  readonly return: Range;
  /** Seconds of writes that may be lost; absent where no schedule is planned. */
  readonly dataAtRisk?: Range;
  readonly fence: {
    readonly seconds: number;
    readonly ttlSeconds: number;
    readonly holdSeconds: number;
    readonly requestTimeoutSeconds: number;
  };
  /** Seconds for which a planned flip pauses writers, at worst. */
  readonly plannedPauseSeconds?: number;
  readonly deployment: Deployment;
  readonly dependencies: readonly DependencyNeed[];
  readonly limits: readonly Limit[];
}

export interface DependencyNeed {
  readonly id: string;
  readonly title: string;
  /** What stops without it. */
  readonly stops: string;
  /** What goes on, worse. */
  readonly worse: string;
  readonly fallback: string | null;
}

export interface ExplanationInputs {
  readonly deployment: Deployment;
  readonly active: StoreName;
  readonly changedPaths: readonly string[];
  readonly isSynthesized: boolean;
  readonly contracts: Contracts;
  /** Parsed stacks, to find what cannot be protected in them. */
  readonly primary: unknown;
}

export function explain(inputs: ExplanationInputs): Explanation {
  const { deployment, active, changedPaths, isSynthesized, contracts } = inputs;
  const { timings } = deployment.stores[active];
  const { everyMinutes } = deployment.replication;
  const intervalSeconds = everyMinutes === undefined ? undefined : everyMinutes * 60;
  const { ttlSeconds } = deployment.marker;
  return {
    hostname: deployment.hostname,
    active,
    flip: { changedPaths, isSynthesized },
    recovery: byKind((kind) => predictRecoveryTime(kind, timings)),
    detection: byKind((kind) => predictDetection(kind, timings)),
    return: predictReturn(timings),
    ...(intervalSeconds !== undefined && {
      dataAtRisk: predictDataAtRisk({ intervalSeconds }),
      // A fence, until a clean pass that begins then has ended, and a fence again.
      plannedPauseSeconds: 2 * deployment.fenceSeconds + intervalSeconds,
    }),
    fence: {
      seconds: deployment.fenceSeconds,
      ttlSeconds,
      ...fenceRest(deployment.fenceSeconds - ttlSeconds),
    },
    deployment,
    dependencies: contracts.dependencies.map((dependency) => ({
      id: dependency.id,
      title: dependency.title,
      stops: tasksOf(dependency, "hard"),
      worse: tasksOf(dependency, "soft"),
      fallback: dependency.fallback?.is ?? null,
    })),
    limits: limitsOf(inputs),
  };
}

/** Of what is left beside the TTL: the hold is fixed unless somebody changed both. */
function fenceRest(seconds: number) {
  const isUsual = seconds === MARKER_HOLD_SECONDS + REQUEST_TIMEOUT_SECONDS;
  const holdSeconds = isUsual ? MARKER_HOLD_SECONDS : Math.min(MARKER_HOLD_SECONDS, seconds);
  return { holdSeconds, requestTimeoutSeconds: seconds - holdSeconds };
}

function byKind(predict: (kind: OutageKind) => Range): Readonly<Record<OutageKind, Range>> {
  const [refusing, hanging, unreachable] = OUTAGE_KINDS;
  return {
    [refusing]: predict(refusing),
    [hanging]: predict(hanging),
    [unreachable]: predict(unreachable),
  };
}
