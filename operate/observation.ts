import type { Marker } from "../contract/marker";
import type { StoreName } from "../contract/stores";
import type { ExceptionKind } from "../lambda/replicator/report";
import type { Known } from "./known";
import type { LiveEdgeState } from "./live-edge";

/** All that a person or a flip must know, from what the edge and the standby can tell. Nothing in it needs the active store. */
export interface Observation {
  /** ISO 8601: when it was made. */
  readonly at: string;
  /** What running code would read: two resolvers that must agree. */
  readonly marker: Known<Marker>;
  /** The same, of each resolver. */
  readonly resolvers: readonly { readonly name: string; readonly reading: Known<Marker> }[];
  /** What the project's toggle says; unknown outside a project. */
  readonly config: Known<StoreName>;
  /** Cloudflare's own record, order and health. */
  readonly edge: Known<LiveEdgeState>;
  /** Whether each store's origin host answers over HTTPS, asked from here. Any answer counts: the stores refuse strangers. */
  readonly origins: Readonly<Record<StoreName, Known<OriginAnswer>>>;
  /** Replication's own notes on the standby. */
  readonly standby: Known<StandbyNotes>;
  /** The report of the last drill; unknown when there is none. */
  readonly lastDrill: Known<LastDrill>;
}

export interface OriginAnswer {
  readonly status: number;
  readonly milliseconds: number;
  /** ISO 8601: when the certificate ends; absent over plain HTTP. */
  readonly certificateEnds?: string;
}

/** From `progress.json` and `epoch.json` on the store that is the standby now. */
export interface StandbyNotes {
  readonly store: StoreName;
  readonly epoch: number;
  /** The active store as the journal has it: another one than the marker's until replication has noted a flip. */
  readonly active: StoreName;
  /** ISO 8601: when the active store last changed, as the journal has it. */
  readonly activeSince: string;
  /** ISO 8601; absent before the first whole pass of the epoch, and while the journal is about another active store. */
  readonly syncPoint?: string;
  /** Seconds between the sync point and now, by the standby's own clock. */
  readonly lagSeconds?: number;
  /** The last run, as far as it left a note. */
  readonly lastRun?: {
    readonly endedAt: string;
    readonly outcome: string;
    /** Of the whole pass so far, and of the one before it until that is over: at least what is open. */
    readonly exceptionCounts: Readonly<Partial<Record<ExceptionKind, number>>>;
    /** Keys beside those counts whose kind a pass in ranges does not tell. */
    readonly unclassified?: number;
  };
  /** Whether the bucket keeps versions: without them deletions never travel. Absent where that may not be asked. */
  readonly versioned?: boolean;
}

export interface LastDrill {
  readonly startedAt: string;
  readonly passed: boolean;
  /** Path of `report.json`. */
  readonly report: string;
  /** Seconds for which reads failed when the primary was lost; absent where that was not measured. */
  readonly rtoSeconds?: number;
  /** Seconds of writes at risk at that moment. */
  readonly rpoSeconds?: number;
}
