import { z } from "zod";
import type { Marker } from "../../contract/marker";
import { STORE_NAMES } from "../../contract/stores";
import { EXCEPTION_KINDS, type RunReport } from "../../lambda/replicator/report";
import { OUTAGE_KINDS } from "../../lib/objectives";
import { expectedSchema, targetsSchema } from "./expectation-shape";
import { FAULT_KINDS, FAULT_TARGETS } from "./fault-kinds";

/**
 * The drill's raw event log: one JSON object a line, append-only. Every figure of the report is computed
 * from these and from nothing else (invariant I12). These schemas are the only truth about an event: its type, and
 * what is checked when a log is read back.
 *
 * `at` and `end` are milliseconds of this machine's time since the run began, by the monotonic clock and
 * not scaled; figures multiply them by the run's `speed`.
 */
const at = z.number();
const end = z.number();
const store = z.enum(STORE_NAMES);
const time = z.iso.datetime({ offset: true });
const marker = z.object({ active: store, writesPaused: z.boolean() }) satisfies z.ZodType<Marker>;
/** Lower case, words joined by `-`. */
const id = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, { error: "expected words in lower case, joined by -" });

const product = z.object({ product: z.string(), version: z.string() });

/** Seconds of the real deployment; `Range` in `lib/objectives.ts`. */
const range = z.object({ best: z.number(), mean: z.number(), worst: z.number() });
const byOutage = z.object(
  Object.fromEntries(OUTAGE_KINDS.map((kind) => [kind, range])) as Record<
    (typeof OUTAGE_KINDS)[number],
    typeof range
  >,
);

const runStarted = z.object({
  type: z.literal("run-started"),
  at,
  /** ISO 8601 at `at`: lines the monotonic clock up with the stores' clocks, which are this machine's. */
  wallClock: time,
  speed: z.number(),
  seed: z.number(),
  stores: z.object({ primary: product, secondary: product }),
  /** The store that is active when the run begins. Absent: primary. */
  active: store.optional(),
  /** What the plan's own numbers predict. */
  predicted: z.object({
    /** For how long reads fail. */
    recovery: byOutage,
    /** When the monitors notice. */
    detection: byOutage,
    /** From a store's recovery until its pool takes traffic again. */
    return: range,
    /** Acknowledged writes that are not yet on the standby. */
    dataAtRisk: range,
  }),
  /** Fence F in seconds of the real deployment, and the milliseconds that this run waits for it. */
  fence: z.object({ seconds: z.number(), waitedMilliseconds: z.number() }),
  /** Seconds between scheduled runs of the replicator, in the real deployment. */
  replicationIntervalSeconds: z.number(),
  /** Milliseconds between two reads of one reader: nothing shorter can be seen. */
  readerPeriodMilliseconds: z.number(),
  /** What was played. Absent: the demo. */
  scenario: z
    .object({
      id,
      title: z.string(),
      /** One sentence. */
      proves: z.string(),
      expected: expectedSchema,
      targets: targetsSchema,
      /** Contracts of what it takes away, as a table of plain text. Absent: none was handed over. */
      contracts: z.object({ columns: z.array(z.string()), rows: z.array(z.array(z.string())) }).optional(),
    })
    .optional(),
  /** The repository's commit, with `-dirty` when files differ from it. Absent: not run from a repository. */
  commit: z.string().optional(),
  /** Versions of whatever took part beside the stores, by name. */
  versions: z.record(z.string(), z.string()).optional(),
});

const phaseBegan = z.object({ type: z.literal("phase"), at, phase: id });

/** Something was broken on purpose, or mended (`none`). A later fault of a target takes the place of an earlier one. */
const faultInjected = z.object({
  type: z.literal("fault"),
  at,
  target: z.enum(FAULT_TARGETS),
  fault: z.enum([...FAULT_KINDS, "none"]),
  /** For people: how slow, how full, by how much. */
  detail: z.string().optional(),
  /** Minutes by which a skewed clock is ahead; below 0, behind. */
  minutes: z.number().optional(),
  /** As which kind of outage the plan predicts it, null for none. Absent: as `outageOfFault` has it. */
  outage: z.enum(OUTAGE_KINDS).nullable().optional(),
});

/** One read through the edge. `at` is when it was sent. */
const readDone = z.object({
  type: z.literal("read"),
  at,
  end,
  key: z.string(),
  /** Absent when there was no answer. */
  status: z.number().optional(),
  etag: z.string().optional(),
  /** The store that answered, as the edge says. */
  store: store.optional(),
  /** `ok`: an answer with a body that matches an ETag this key ever had. */
  outcome: z.enum(["ok", "failed"]),
  reason: z.string().optional(),
});

/** One write of the writer, or of a person in the story, straight to a store. */
const writeDone = z.object({
  type: z.literal("write"),
  at,
  end,
  operation: z.enum(["put", "delete"]),
  key: z.string(),
  store,
  /** Absent for a delete. */
  etag: z.string().optional(),
  versionId: z.string().optional(),
  bytes: z.number().optional(),
  /** `unknown`: sent, and no answer; it may have been applied. */
  outcome: z.enum(["acknowledged", "unknown", "refused"]),
  reason: z.string().optional(),
  /** Who wrote, where it was not the writer that follows the marker: `person`, `stale-writer`. */
  by: id.optional(),
});

/** A pool's health changed, as the monitors' quorum decided. */
const poolChanged = z.object({ type: z.literal("pool"), at, store, healthy: z.boolean() });

/** The edge tried the next pool at once, without waiting for a monitor. */
const edgeRetried = z.object({
  type: z.literal("edge-retry"),
  at,
  from: store,
  to: store,
  /** Cloudflare's code for the failed connection, as in 521. */
  code: z.number(),
});

/** The edge engine took a synthesized plan: the marker, and then the order. */
const planApplied = z.object({
  type: z.literal("plan-applied"),
  at,
  active: store,
  marker,
  /** Paths of the synthesized JSON, over all stacks, that differ from the plan before. */
  changedPaths: z.array(z.string()),
});

/** The marker alone was changed: to pause or resume writers, or as the first step of a flip through the API. */
const markerChanged = z.object({ type: z.literal("marker"), at, marker });

/** The load balancer's order alone was changed, as the second step of a flip through the API. */
const orderChanged = z.object({ type: z.literal("pool-order"), at, active: store });

/** A client read the marker, where that is of interest. */
const markerRead = z.object({
  type: z.literal("marker-read"),
  at,
  /** `writer`, `replicator`, `operator`. */
  reader: id,
  /** Absent when it could not be read. */
  marker: marker.optional(),
  /** Why it could not be read. */
  unreadable: z.string().optional(),
});

/** An operator's command, run as a process. */
const operatorRan = z.object({
  type: z.literal("operator"),
  at,
  end,
  /** Without the program's own name: `["flip", "--to", "secondary"]`. */
  command: z.array(z.string()),
  /** Null when a signal ended it. */
  exitCode: z.number().nullable(),
  /** What the command says it did: `done`, `refused`, `nothing-to-do`, `interrupted`, … */
  outcome: id.optional(),
  /** Why it refused, one sentence each. */
  reasons: z.array(z.string()).optional(),
  /**
   * When it flips with `--accept-loss`: writes that may be lost, as it says, are those of so many seconds of the real
   * deployment before its end.
   */
  exposureSeconds: z.number().optional(),
});

/** A request to Cloudflare's API. */
const apiCalled = z.object({
  type: z.literal("api"),
  at,
  method: z.string(),
  /** Without query. */
  path: z.string(),
  /** Absent when there was no answer. */
  status: z.number().optional(),
});

/** The writer began to use another store, or paused. */
const writerMoved = z.object({
  type: z.literal("writer"),
  at,
  store,
  state: z.enum(["writing", "paused"]),
});

const count = z.number();

const runReport = z.object({
  outcome: z.enum(["clean", "incomplete", "failed", "stopped", "yielded"]),
  reason: z.string().optional(),
  source: store.optional(),
  destination: store.optional(),
  epoch: z.number().optional(),
  startedAt: time,
  endedAt: time,
  listed: count,
  copied: count,
  copiedBytes: count,
  removed: count,
  unchanged: count,
  retries: count,
  exceptionCounts: z.record(z.enum(EXCEPTION_KINDS), count),
  exceptions: z.array(z.object({ key: z.string(), kind: z.enum(EXCEPTION_KINDS), reason: z.string() })),
  syncPoint: time.optional(),
  checkpoint: z.string().optional(),
  unversioned: z.array(store).optional(),
  dryRun: z.literal(true).optional(),
}) satisfies z.ZodType<RunReport>;

const replicationRan = z.object({ type: z.literal("replication"), at, end, report: runReport });

const replicationCopied = z.object({
  type: z.literal("copy"),
  at,
  record: z.object({
    event: z.literal("copied"),
    key: z.string(),
    source: store,
    destination: store,
    etag: z.string(),
    versionId: z.string(),
    startedAt: time,
    endedAt: time,
  }),
});

const surveyedObject = z.object({
  key: z.string(),
  /** Absent when a delete marker is on top. */
  etag: z.string().optional(),
  /** Newest first. */
  versions: z.array(
    z.object({ versionId: z.string(), etag: z.string().optional(), isDeleteMarker: z.boolean() }),
  ),
});

/** Every object of a store: the current one, and the version ids of the whole stack. */
const storeSurveyed = z.object({
  type: z.literal("survey"),
  at,
  store,
  /**
   * Why it was taken. One has a meaning of its own: `end`, after everything but the stores has stopped. The loss of an unplanned flip is
   * measured by the last survey of the store that became active before a writer used it, whatever it is called.
   */
  moment: id,
  objects: z.array(surveyedObject),
});

/** The stores compared byte for byte and header for header; exceptions are named and left out. */
const parityChecked = z.object({
  type: z.literal("parity"),
  at,
  /** Why; `end` as for a survey. */
  moment: id,
  objects: count,
  bytes: count,
  differences: z.array(z.object({ key: z.string(), what: z.string() })),
  exceptions: z.array(z.string()),
});

/** Files and environments that were searched for the run's secrets, and where one was found. */
const secretsSearched = z.object({
  type: z.literal("secrets"),
  at,
  searched: z.array(z.string()),
  found: z.array(z.string()),
});

/** Between two `delay` events of a process; longer only by the delay itself. */
export const DELAY_PERIOD_MILLISECONDS = 1000;

/** Longest time that a process could not run, since its last such event: what the machine's load adds to figures. */
const machineDelay = z.object({ type: z.literal("delay"), at, milliseconds: z.number() });

const runEnded = z.object({ type: z.literal("run-ended"), at });

/** Every kind of event, by its `type`. */
export const EVENT_SCHEMAS = {
  "run-started": runStarted,
  phase: phaseBegan,
  fault: faultInjected,
  read: readDone,
  write: writeDone,
  pool: poolChanged,
  "edge-retry": edgeRetried,
  "plan-applied": planApplied,
  marker: markerChanged,
  "pool-order": orderChanged,
  "marker-read": markerRead,
  operator: operatorRan,
  api: apiCalled,
  writer: writerMoved,
  replication: replicationRan,
  copy: replicationCopied,
  survey: storeSurveyed,
  parity: parityChecked,
  secrets: secretsSearched,
  delay: machineDelay,
  "run-ended": runEnded,
} as const;

/** What was logged is never changed. */
type Recorded<T> = T extends readonly (infer Item)[]
  ? readonly Recorded<Item>[]
  : T extends object
    ? { readonly [Field in keyof T]: Recorded<T[Field]> }
    : T;

type EventTypes = {
  readonly [Type in keyof typeof EVENT_SCHEMAS]: Recorded<z.infer<(typeof EVENT_SCHEMAS)[Type]>>;
};

export type EventType = keyof EventTypes;
export type EventOf<Type extends EventType> = EventTypes[Type];
export type DrillEvent = EventTypes[EventType];

export type RunStarted = EventOf<"run-started">;
export type FaultInjected = EventOf<"fault">;
export type ReadDone = EventOf<"read">;
export type WriteDone = EventOf<"write">;
export type PlanApplied = EventOf<"plan-applied">;
export type WriterMoved = EventOf<"writer">;
export type OperatorRan = EventOf<"operator">;
export type ReplicationRan = EventOf<"replication">;
export type StoreSurveyed = EventOf<"survey">;
export type SurveyedObject = StoreSurveyed["objects"][number];
export type ParityChecked = EventOf<"parity">;
export type PoolChanged = EventOf<"pool">;
export type EdgeRetried = EventOf<"edge-retry">;
export type MachineDelay = EventOf<"delay">;
export type SecretsSearched = EventOf<"secrets">;

/** The id of a phase, as in `all-well`; the demo's have names of their own in the report. */
export type Phase = string;
