import { otherStore, STORE_NAMES, type StoreName } from "../../contract/stores";
import { EXCEPTION_KINDS, type ExceptionKind } from "../../lambda/replicator/report";
import { isKnown } from "../known";
import type { LivePool } from "../live-edge";
import type { Observation, StandbyNotes } from "../observation";
import { CERTIFICATE_PROBLEM_DAYS, CERTIFICATE_WARNING_DAYS, daysUntil } from "./certificate-age";
import { findDrift } from "./drift";
import { activeStore, anythingReached } from "./observe";

export type Severity = "problem" | "notice";

/** Something that an operator should know before anything else. */
export interface Concern {
  /** Stable, for `--json`. */
  readonly id: string;
  readonly severity: Severity;
  readonly text: string;
  readonly remedy: string;
}

/** `unreachable`: nobody answered who is not on this machine. */
export type Verdict = "well" | "wanting" | "unreachable";

export interface Assessment {
  readonly verdict: Verdict;
  /** Problems first. */
  readonly concerns: readonly Concern[];
}

/** Exceptions that somebody has to decide on; the others are tried again, or cannot be helped. */
const OPEN_KINDS: readonly ExceptionKind[] = ["conflict", "late", "deleted", "withheld", "stray"];

/**
 * Whether all is as it should be. What is unknown is said to be so, and is a problem only where nothing else tells.
 *
 * @param lagObjectiveSeconds - more than so much behind is a problem
 */
export function assess(observation: Observation, lagObjectiveSeconds: number): Assessment {
  if (!anythingReached(observation)) return { verdict: "unreachable", concerns: [] };
  const concerns = [
    ...markerConcerns(observation),
    ...healthConcerns(observation),
    ...originConcerns(observation),
    ...(isKnown(observation.standby) ? standbyConcerns(observation.standby.value, lagObjectiveSeconds) : []),
    ...findDrift(observation).map(
      ({ kind, text, remedy, passing }): Concern => ({
        id: `drift-${kind}`,
        severity: passing ? "notice" : "problem",
        text,
        remedy,
      }),
    ),
  ];
  const problems = concerns.filter(({ severity }) => severity === "problem");
  const notices = concerns.filter(({ severity }) => severity === "notice");
  return { verdict: problems.length > 0 ? "wanting" : "well", concerns: [...problems, ...notices] };
}

function markerConcerns({ marker, edge }: Observation): readonly Concern[] {
  if (isKnown(marker)) {
    if (!marker.value.writesPaused) return [];
    return [
      {
        id: "read-only",
        severity: "notice",
        text: "writes are paused: the service is read-only",
        remedy: "a planned flip is under way; if nobody is at it: storage-failover flip --resume-writes",
      },
    ];
  }
  return [
    {
      id: "marker",
      severity: "problem",
      text: `the marker cannot be read: ${marker.unknown}`,
      remedy: isKnown(edge)
        ? "replication and writers hold back until both resolvers say the same"
        : "check this machine's network; replication and writers hold back while they cannot read it either",
    },
  ];
}

function healthConcerns(observation: Observation): readonly Concern[] {
  const { edge } = observation;
  if (!isKnown(edge)) return [];
  const active = activeStore(observation);
  return STORE_NAMES.filter((store) => isUnhealthy(edge.value.pools[store])).map((store) => ({
    id: `${store}-unhealthy`,
    severity: "problem" as const,
    text: `Cloudflare's monitors find the ${roleOf(store, active)} (${store}) unhealthy`,
    remedy: store === active ? LOST_ACTIVE(otherStore(store)) : LOST_STANDBY,
  }));
}

const LOST_ACTIVE = (other: StoreName) =>
  `readers are served by ${other} already; for writers: storage-failover flip --to ${other}`;

const LOST_STANDBY = "until it is back there is nothing to flip to: look at that store";

function roleOf(store: StoreName, active: StoreName | undefined): string {
  if (active === undefined) return "store";
  return store === active ? "active store" : "standby";
}

function isUnhealthy({ health }: LivePool): boolean {
  return isKnown(health) && health.value === "unhealthy";
}

function originConcerns({ origins, at }: Observation): readonly Concern[] {
  return STORE_NAMES.flatMap((store): readonly Concern[] => {
    const origin = origins[store];
    if (!isKnown(origin)) return [];
    const { status, certificateEnds } = origin.value;
    return [
      ...(status < 500 ? [] : [failingAnswer(store, status)]),
      ...(certificateEnds === undefined ? [] : certificateConcerns(store, certificateEnds, at)),
    ];
  });
}

function failingAnswer(store: StoreName, status: number): Concern {
  return {
    id: `${store}-answer`,
    severity: "notice",
    text: `the origin of ${store} answers ${status} from here`,
    remedy: "what counts for readers is what the monitors see",
  };
}

function certificateConcerns(store: StoreName, ends: string, at: string): readonly Concern[] {
  const days = daysUntil(ends, new Date(at));
  if (days >= CERTIFICATE_WARNING_DAYS) return [];
  const when = days < 0 ? "ended" : "ends";
  return [
    {
      id: `${store}-certificate`,
      severity: days < CERTIFICATE_PROBLEM_DAYS ? "problem" : "notice",
      text: `the certificate of ${store}'s origin ${when} on ${ends.slice(0, 10)}`,
      remedy: "storage-failover doctor certificates",
    },
  ];
}

function standbyConcerns(notes: StandbyNotes, objective: number): readonly Concern[] {
  return [...lagConcerns(notes, objective), ...runConcerns(notes), ...versionConcerns(notes)];
}

function lagConcerns({ lagSeconds, store }: StandbyNotes, objective: number): readonly Concern[] {
  const remedy = "see what the last run says: docs/watching.md";
  if (lagSeconds === undefined) {
    const text = `the standby (${store}) has no sync point yet: no whole pass has ended since ${otherStore(store)} became active`;
    return [{ id: "lag", severity: "problem", text, remedy }];
  }
  if (lagSeconds <= objective) return [];
  const text = `the standby (${store}) is ${Math.round(lagSeconds)} s behind, objective is ${Math.round(objective)} s`;
  return [{ id: "lag", severity: "problem", text, remedy }];
}

function runConcerns({ lastRun }: StandbyNotes): readonly Concern[] {
  if (lastRun === undefined) return [];
  const { outcome, exceptionCounts, unclassified = 0 } = lastRun;
  const concerns: Concern[] = [];
  if (outcome === "failed" || outcome === "stopped") {
    const remedy = 'the line of its log with event "run" says why: docs/watching.md';
    concerns.push({ id: "last-run", severity: "problem", text: `the last run ${outcome}`, remedy });
  }
  const open = OPEN_KINDS.filter((kind) => (exceptionCounts[kind] ?? 0) > 0);
  if (open.length > 0 || unclassified > 0) {
    const told = open.map((kind) => `${exceptionCounts[kind]} ${kind}`);
    const text = `keys wait for a decision: ${[...told, ...(unclassified > 0 ? [`${unclassified} of unknown kind`] : [])].join(", ")}`;
    const remedy = "storage-failover conflicts; storage-failover strays";
    concerns.push({ id: "exceptions", severity: "notice", text, remedy });
  }
  const { unsupported = 0 } = exceptionCounts;
  if (unsupported > 0) {
    const text = `${unsupported} keys cannot be held by the standby, and would be missing after a flip`;
    concerns.push({ id: "unsupported", severity: "notice", text, remedy: "docs/limits.md names them" });
  }
  return concerns;
}

function versionConcerns({ versioned, store }: StandbyNotes): readonly Concern[] {
  if (versioned !== false) return [];
  return [
    {
      id: "unversioned",
      severity: "notice",
      text: `the standby (${store}) keeps no versions: deletions never reach it, and nothing on it can be undone`,
      remedy: "switch versioning on for its bucket",
    },
  ];
}

/** All that the last run could not make equal; undefined where no run left a note. */
export function exceptionsOf({ lastRun }: StandbyNotes): number | undefined {
  if (lastRun === undefined) return undefined;
  const { exceptionCounts, unclassified = 0 } = lastRun;
  return EXCEPTION_KINDS.reduce((sum, kind) => sum + (exceptionCounts[kind] ?? 0), unclassified);
}
