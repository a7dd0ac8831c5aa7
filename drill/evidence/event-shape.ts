import { STORE_NAMES } from "../../contract/stores";
import { EXCEPTION_KINDS } from "../../lambda/replicator/report";
import type { DrillEvent } from "./events";

/** Undefined when the value is as expected, else what was expected, as in `a number`. */
type Check = (value: unknown, path: string) => string | undefined;

/** Every field of an event must be named here: a forgotten one does not compile. */
type EventShapes = {
  readonly [Type in DrillEvent["type"]]: {
    readonly [Field in keyof Omit<Extract<DrillEvent, { type: Type }>, "type">]-?: Check;
  };
};

const text: Check = (value, path) => (typeof value === "string" ? undefined : `${path} must be a text`);
const flag: Check = (value, path) =>
  typeof value === "boolean" ? undefined : `${path} must be true or false`;
const figure: Check = (value, path) =>
  typeof value === "number" && Number.isFinite(value) ? undefined : `${path} must be a number`;
const moment: Check = (value, path) =>
  typeof value === "string" && !Number.isNaN(Date.parse(value))
    ? undefined
    : `${path} must be a time in ISO 8601`;

function oneOf(...allowed: readonly string[]): Check {
  return (value, path) =>
    allowed.some((candidate) => candidate === value)
      ? undefined
      : `${path} must be one of ${allowed.join(", ")}`;
}

function optional(check: Check): Check {
  return (value, path) => (value === undefined ? undefined : check(value, path));
}

function listOf(check: Check): Check {
  return (value, path) => {
    if (!Array.isArray(value)) return `${path} must be a list`;
    for (const [index, item] of value.entries()) {
      const problem = check(item, `${path}[${index}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

function shape(fields: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    if (!isRecord(value)) return `${path} must be an object`;
    for (const [name, check] of Object.entries(fields)) {
      const problem = check(value[name], path === "" ? name : `${path}.${name}`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const store = oneOf(...STORE_NAMES);
const marker = shape({ active: store, writesPaused: flag });
const range = shape({ best: figure, mean: figure, worst: figure });
const product = shape({ product: text, version: text });

const report = shape({
  outcome: oneOf("clean", "incomplete", "failed", "stopped"),
  reason: optional(text),
  source: optional(store),
  destination: optional(store),
  epoch: optional(figure),
  startedAt: moment,
  endedAt: moment,
  listed: figure,
  copied: figure,
  copiedBytes: figure,
  removed: figure,
  unchanged: figure,
  retries: figure,
  exceptionCounts: shape(Object.fromEntries(EXCEPTION_KINDS.map((kind) => [kind, figure]))),
  exceptions: listOf(shape({ key: text, kind: oneOf(...EXCEPTION_KINDS), reason: text })),
  syncPoint: optional(moment),
  checkpoint: optional(text),
  unversioned: optional(listOf(store)),
});

const copyRecord = shape({
  event: oneOf("copied"),
  key: text,
  source: store,
  destination: store,
  etag: text,
  versionId: text,
  startedAt: moment,
  endedAt: moment,
});

const surveyedObject = shape({
  key: text,
  etag: optional(text),
  versions: listOf(shape({ versionId: text, etag: optional(text), isDeleteMarker: flag })),
});

const EVENT_SHAPES: EventShapes = {
  "run-started": {
    at: figure,
    wallClock: moment,
    speed: figure,
    seed: figure,
    stores: shape({ primary: product, secondary: product }),
    predicted: shape({ refusing: range, killed: range }),
    fence: shape({ seconds: figure, waitedMilliseconds: figure }),
    replicationIntervalSeconds: figure,
    readerPeriodMilliseconds: figure,
    targets: optional(shape({ recoverySeconds: figure, dataAtRiskSeconds: figure })),
  },
  phase: {
    at: figure,
    phase: oneOf(
      "load",
      "seed",
      "steady",
      "outage",
      "recovered",
      "kill",
      "failover",
      "reverse",
      "failback",
      "verify",
    ),
  },
  fault: { at: figure, store, fault: oneOf("answers-503", "killed", "none") },
  read: {
    at: figure,
    end: figure,
    key: text,
    status: optional(figure),
    etag: optional(text),
    store: optional(store),
    outcome: oneOf("ok", "failed"),
    reason: optional(text),
  },
  write: {
    at: figure,
    end: figure,
    operation: oneOf("put", "delete"),
    key: text,
    store,
    etag: optional(text),
    versionId: optional(text),
    bytes: optional(figure),
    outcome: oneOf("acknowledged", "unknown", "refused"),
    reason: optional(text),
  },
  pool: { at: figure, store, healthy: flag },
  "edge-retry": { at: figure, from: store, to: store, code: figure },
  "plan-applied": { at: figure, active: store, marker, changedPaths: listOf(text) },
  marker: { at: figure, marker },
  writer: { at: figure, store, state: oneOf("writing", "paused") },
  replication: { at: figure, end: figure, report },
  copy: { at: figure, record: copyRecord },
  survey: {
    at: figure,
    store,
    moment: oneOf("before-kill", "standby-at-failover", "primary-returned", "end"),
    objects: listOf(surveyedObject),
  },
  parity: {
    at: figure,
    moment: oneOf("after-reverse", "end"),
    objects: figure,
    bytes: figure,
    differences: listOf(shape({ key: text, what: text })),
    exceptions: listOf(text),
  },
  secrets: { at: figure, searched: listOf(text), found: listOf(text) },
  delay: { at: figure, milliseconds: figure },
  "run-ended": { at: figure },
};

/** What is wrong with a parsed line of the log; undefined when it is an event. */
export function eventProblem(value: unknown): string | undefined {
  if (!isRecord(value)) return "an event must be an object";
  const { type } = value;
  if (typeof type !== "string" || !isEventType(type))
    return `unknown type of event ${JSON.stringify(type) ?? "(none)"}`;
  return shape(EVENT_SHAPES[type])(value, "");
}

export function isDrillEvent(value: unknown): value is DrillEvent {
  return eventProblem(value) === undefined;
}

function isEventType(type: string): type is DrillEvent["type"] {
  return Object.hasOwn(EVENT_SHAPES, type);
}
