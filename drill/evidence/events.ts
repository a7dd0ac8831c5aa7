import type { Marker } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";
import type { CopyRecord, RunReport } from "../../lambda/replicator/report";
import type { Range } from "../../lib/objectives";

/**
 * The drill's raw event log: one JSON object a line, append-only. Every figure of the report is computed
 * from these and from nothing else (invariant I12).
 *
 * `at` and `end` are milliseconds of this machine's time since the run began, by the monotonic clock and
 * not scaled; figures multiply them by the run's `speed`.
 */
interface Timed {
  readonly at: number;
}

export interface RunStarted extends Timed {
  readonly type: "run-started";
  /** ISO 8601 at `at`: lines the monotonic clock up with the stores' clocks, which are this machine's. */
  readonly wallClock: string;
  readonly speed: number;
  readonly seed: number;
  readonly stores: Readonly<Record<StoreName, { readonly product: string; readonly version: string }>>;
  /** The plan's own prediction for an outage that answers at once, and for a killed process. */
  readonly predicted: { readonly refusing: Range; readonly killed: Range };
  /** Fence F in seconds of the real deployment, and the milliseconds that this run waits for it. */
  readonly fence: { readonly seconds: number; readonly waitedMilliseconds: number };
  /** Seconds between scheduled runs of the replicator, in the real deployment. */
  readonly replicationIntervalSeconds: number;
  /** Milliseconds between two reads of one reader: nothing shorter can be seen. */
  readonly readerPeriodMilliseconds: number;
  /**
   * What the run is measured against, in seconds of the real deployment.
   *
   * @default - the plan's own prediction, see `limits` in `targets.ts`
   */
  readonly targets?: { readonly recoverySeconds: number; readonly dataAtRiskSeconds: number };
}

export type Phase =
  | "load"
  | "seed"
  | "steady"
  | "outage"
  | "recovered"
  | "kill"
  | "failover"
  | "reverse"
  | "failback"
  | "verify";

export interface PhaseBegan extends Timed {
  readonly type: "phase";
  readonly phase: Phase;
}

/** Something was broken on purpose, or mended (`none`). */
export interface FaultInjected extends Timed {
  readonly type: "fault";
  readonly store: StoreName;
  readonly fault: "answers-503" | "killed" | "none";
}

/** One read through the edge. `at` is when it was sent. */
export interface ReadDone extends Timed {
  readonly type: "read";
  readonly end: number;
  readonly key: string;
  /** Absent when there was no answer. */
  readonly status?: number;
  readonly etag?: string;
  /** The store that answered, as the edge says. */
  readonly store?: StoreName;
  /** `ok`: an answer with a body that matches an ETag this key ever had. */
  readonly outcome: "ok" | "failed";
  readonly reason?: string;
}

/** One write of the writer, or of a person in the story, straight to a store. */
export interface WriteDone extends Timed {
  readonly type: "write";
  readonly end: number;
  readonly operation: "put" | "delete";
  readonly key: string;
  readonly store: StoreName;
  /** Absent for a delete. */
  readonly etag?: string;
  readonly versionId?: string;
  readonly bytes?: number;
  /** `unknown`: sent, and no answer; it may have been applied. */
  readonly outcome: "acknowledged" | "unknown" | "refused";
  readonly reason?: string;
}

/** A pool's health changed, as the monitors' quorum decided. */
export interface PoolChanged extends Timed {
  readonly type: "pool";
  readonly store: StoreName;
  readonly healthy: boolean;
}

/** The edge tried the next pool at once, without waiting for a monitor. */
export interface EdgeRetried extends Timed {
  readonly type: "edge-retry";
  readonly from: StoreName;
  readonly to: StoreName;
  /** Cloudflare's code for the failed connection, as in 521. */
  readonly code: number;
}

/** The edge engine took a synthesized plan. */
export interface PlanApplied extends Timed {
  readonly type: "plan-applied";
  readonly active: StoreName;
  readonly marker: Marker;
  /** Paths of the synthesized JSON, over all stacks, that differ from the plan before. */
  readonly changedPaths: readonly string[];
}

/** The marker alone was changed, to pause or resume writers. */
export interface MarkerChanged extends Timed {
  readonly type: "marker";
  readonly marker: Marker;
}

/** The writer began to use another store, or paused. */
export interface WriterMoved extends Timed {
  readonly type: "writer";
  readonly store: StoreName;
  readonly state: "writing" | "paused";
}

export interface ReplicationRan extends Timed {
  readonly type: "replication";
  readonly end: number;
  readonly report: RunReport;
}

export interface ReplicationCopied extends Timed {
  readonly type: "copy";
  readonly record: CopyRecord;
}

/** Every object of a store: the current one, and the version ids of the whole stack. */
export interface StoreSurveyed extends Timed {
  readonly type: "survey";
  readonly store: StoreName;
  /** Why it was taken. */
  readonly moment: "before-kill" | "standby-at-failover" | "primary-returned" | "end";
  readonly objects: readonly SurveyedObject[];
}

export interface SurveyedObject {
  readonly key: string;
  /** Absent when a delete marker is on top. */
  readonly etag?: string;
  /** Newest first. */
  readonly versions: readonly {
    readonly versionId: string;
    readonly etag?: string;
    readonly isDeleteMarker: boolean;
  }[];
}

/** The stores compared byte for byte and header for header; exceptions are named and left out. */
export interface ParityChecked extends Timed {
  readonly type: "parity";
  readonly moment: "after-reverse" | "end";
  readonly objects: number;
  readonly bytes: number;
  readonly differences: readonly { readonly key: string; readonly what: string }[];
  readonly exceptions: readonly string[];
}

/** Files and environments that were searched for the run's secrets, and where one was found. */
export interface SecretsSearched extends Timed {
  readonly type: "secrets";
  readonly searched: readonly string[];
  readonly found: readonly string[];
}

/** Longest time that this process could not run, since the last such event: what the machine's load adds to figures. */
export interface MachineDelay extends Timed {
  readonly type: "delay";
  readonly milliseconds: number;
}

export interface RunEnded extends Timed {
  readonly type: "run-ended";
}

export type DrillEvent =
  | RunStarted
  | PhaseBegan
  | FaultInjected
  | ReadDone
  | WriteDone
  | PoolChanged
  | EdgeRetried
  | PlanApplied
  | MarkerChanged
  | WriterMoved
  | ReplicationRan
  | ReplicationCopied
  | StoreSurveyed
  | ParityChecked
  | SecretsSearched
  | MachineDelay
  | RunEnded;
