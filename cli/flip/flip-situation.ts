import { fenceSeconds } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";
import type { FlipRequest } from "../../operate/flip/flip-request";
import { type FlipJournal, isUnfinished } from "../../operate/flip/journal";
import { JournalFile } from "../../operate/flip/journal-file";
import { type Judgement, judgeFlip } from "../../operate/flip/judge-flip";
import type { Observation } from "../../operate/observation";
import { observe } from "../../operate/observe/observe";
import type { FlipArguments } from "../commands/flip";
import { refuseWhileRunning } from "../refuse-while-running";
import { type FoundSources, observationSources } from "../status/observation-sources";
import {
  type ConfigurationPlace,
  type ConfiguredStores,
  configuredStores,
} from "../stores/configured-stores";
import { planPlace } from "../stores/store-arguments";
import { WrongUseError } from "../wrong-use-error";
import { withMarkerName } from "./facts-environment";

/** All that a flip is decided by. */
export interface FlipSituation {
  readonly request: FlipRequest;
  readonly found: FoundSources;
  readonly stores: ConfiguredStores | undefined;
  /** Where the stores are configured. */
  readonly place: ConfigurationPlace;
  readonly observation: Observation;
  readonly journalFile: JournalFile;
  readonly journal: FlipJournal | undefined;
  readonly judgement: Judgement;
}

/** Looks at everything once. Nothing is changed. */
export async function lookAround(
  given: FlipArguments,
  to: StoreName,
  signal: AbortSignal,
): Promise<FlipSituation> {
  const environment = await withMarkerName(process.env, given.facts);
  const place = { ...planPlace(given), environment };
  const journalFile = new JournalFile(".");
  const [found, stores, journal] = await Promise.all([
    observationSources({ ...place, facts: given.facts, seconds: given.timeout }),
    configuredStores(place),
    journalFile.read(),
  ]);
  refuseRunning(journal, to);
  const observation = await observe(found.sources, signal);
  const request = requestOf(given, to, found.lagObjectiveSeconds);
  const judgement = judgeFlip(observation, request, journal);
  return { request, found, stores, place, observation, journalFile, journal, judgement };
}

function requestOf(given: FlipArguments, to: StoreName, lagObjectiveSeconds: number): FlipRequest {
  return {
    to,
    planned: given.planned === true,
    acceptLoss: given.acceptLoss === true,
    force: given.force ?? [],
    maxLagSeconds: given.maxLag ?? lagObjectiveSeconds,
    quietSeconds: given.quietMinutes * 60,
  };
}

/**
 * Seconds for which an old reading of the marker can act.
 *
 * @throws WrongUseError for less than that against anything but a drill's edge
 */
export function fenceOf(
  given: Pick<FlipArguments, "fenceSeconds">,
  ttlSeconds: number,
  stores: ConfiguredStores | undefined,
  baseUrl: string | undefined,
): number {
  const { holdSeconds, requestTimeoutSeconds } = stores ?? {};
  const whole = fenceSeconds({ ttlSeconds, holdSeconds, requestTimeoutSeconds });
  const { fenceSeconds: asked = whole } = given;
  if (asked >= whole || isLoopback(baseUrl)) return asked;
  throw new WrongUseError(
    `--fence-seconds ${asked}: less than ${whole} s is for drills on this machine; a writer that still reads the old marker would write to the old store`,
  );
}

function isLoopback(baseUrl: string | undefined): boolean {
  return baseUrl !== undefined && URL.canParse(baseUrl) && new URL(baseUrl).hostname === "127.0.0.1";
}

/** @throws RefusedError while the process of an unfinished flip lives */
function refuseRunning(journal: FlipJournal | undefined, to: StoreName): void {
  if (isUnfinished(journal)) refuseWhileRunning(`flip to ${to}`, journal, `a flip to ${journal.to}`);
}
