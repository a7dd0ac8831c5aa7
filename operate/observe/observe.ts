import { otherStore, STORE_NAMES, type StoreName } from "../../contract/stores";
import { isKnown, type Known } from "../known";
import { type LiveEdgeState, recordedMarker } from "../live-edge";
import type { LastDrill, Observation, OriginAnswer, StandbyNotes } from "../observation";
import { type Ask, known, notAsked } from "./ask";
import { agreedMarker, type ResolverQuestion } from "./read-marker";

/** Seconds that one source may take. */
export const OBSERVATION_SECONDS = 10;

/** Whom to ask. Each answers for itself alone: none needs another, and none is asked by the active store's leave. */
export interface ObservationSources {
  readonly resolvers: Known<readonly ResolverQuestion[]>;
  readonly config: Ask<StoreName>;
  readonly edge: Ask<LiveEdgeState>;
  readonly origins: Readonly<Record<StoreName, Ask<OriginAnswer>>>;
  /** The notes on this store. */
  readonly notes: Readonly<Record<StoreName, Ask<StandbyNotes>>>;
  readonly lastDrill: Ask<LastDrill>;
  /** @default OBSERVATION_SECONDS */
  readonly seconds?: number;
  /** @default - this machine's */
  readonly now?: () => Date;
}

/**
 * Asks everybody at once. What does not answer in time is unknown, with the reason; it takes twice
 * `sources.seconds` at most, since the standby's notes wait for somebody to say which store that is.
 *
 * @throws the signal's reason when it ends, and nothing else
 */
export async function observe(sources: ObservationSources, signal: AbortSignal): Promise<Observation> {
  const { seconds = OBSERVATION_SECONDS, now = () => new Date() } = sources;
  const about = <T>(ask: Ask<T>) => known(ask, seconds, signal);

  const asked = {
    resolvers: readResolvers(sources.resolvers, about),
    config: about(sources.config),
    edge: about(sources.edge),
    lastDrill: about(sources.lastDrill),
    primary: about(sources.origins.primary),
    secondary: about(sources.origins.secondary),
  };
  const marker = asked.resolvers.then(({ marker: agreed }) => agreed);
  const standby = standbyOf(marker, asked.edge, asked.config).then((store) => {
    const ask: Ask<StandbyNotes> =
      store === undefined ? notAsked("which store is the standby cannot be told") : sources.notes[store];
    return about(ask);
  });
  return {
    at: now().toISOString(),
    marker: await marker,
    resolvers: (await asked.resolvers).readings,
    config: await asked.config,
    edge: await asked.edge,
    origins: { primary: await asked.primary, secondary: await asked.secondary },
    standby: await standby,
    lastDrill: await asked.lastDrill,
  };
}

async function readResolvers(
  questions: ObservationSources["resolvers"],
  about: (ask: ResolverQuestion["read"]) => Promise<Observation["marker"]>,
): Promise<{ readonly marker: Observation["marker"]; readonly readings: Observation["resolvers"] }> {
  if (!isKnown(questions)) return { marker: questions, readings: [] };
  const readings = await Promise.all(
    questions.value.map(async ({ name, read }) => ({ name, reading: await about(read) })),
  );
  return { marker: agreedMarker(readings), readings };
}

/** The marker decides; where it cannot be read, Cloudflare's own record, and then what was deployed. */
async function standbyOf(
  marker: Promise<Observation["marker"]>,
  edge: Promise<Observation["edge"]>,
  config: Promise<Observation["config"]>,
): Promise<StoreName | undefined> {
  const read = await marker;
  if (isKnown(read)) return otherStore(read.value.active);
  const recorded = recordedMarker(await edge);
  if (recorded !== undefined) return otherStore(recorded.active);
  const configured = await config;
  return isKnown(configured) ? otherStore(configured.value) : undefined;
}

/** The store that is active now, as far as anybody can tell: the marker, else Cloudflare's own record of it. */
export function activeStore({ marker, edge }: Pick<Observation, "marker" | "edge">): StoreName | undefined {
  return isKnown(marker) ? marker.value.active : recordedMarker(edge)?.active;
}

/** Whether anything at all answered that is not on this machine. */
export function anythingReached({ resolvers, edge, origins, standby }: Observation): boolean {
  return (
    resolvers.some(({ reading }) => isKnown(reading)) ||
    isKnown(edge) ||
    isKnown(standby) ||
    STORE_NAMES.some((store) => isKnown(origins[store]))
  );
}
