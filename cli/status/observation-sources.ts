import { DEFAULT_RESOLVERS, MARKER_VARIABLES } from "../../contract/environment";
import { markerRecordName } from "../../contract/marker";
import { HEALTH_KEY } from "../../contract/state-keys";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import type { EdgePlan } from "../../drill/edge/edge-plan";
import type { Known } from "../../operate/known";
import type { StandbyNotes } from "../../operate/observation";
import { type Ask, notAsked, reasonOf } from "../../operate/observe/ask";
import { lastDrill } from "../../operate/observe/last-drill";
import type { ObservationSources } from "../../operate/observe/observe";
import { askOrigin, type OriginQuestion } from "../../operate/observe/origin-answer";
import { projectToggle } from "../../operate/observe/project-toggle";
import { type ResolverQuestion, resolverQuestions } from "../../operate/observe/read-marker";
import { standbyNotes } from "../../operate/observe/standby-notes";
import { lagObjective } from "../../operate/replication-schedule";
import { type ConfiguredStores, configuredStores, speaksForItself } from "../stores/configured-stores";
import { openConfiguredStore, withWayOut } from "../stores/open-configured-store";
import { plannedEdge } from "../stores/planned-edge";
import { plannedSchedule } from "../stores/planned-schedule";
import type { PlanPlace } from "../stores/planned-stack";
import { liveEdgeSource } from "./live-edge-source";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where everything is found out. */
export interface ObservationPlace extends PlanPlace {
  readonly environment: Environment;
  /** Ids at Cloudflare. @default EDGE_FACTS_FILE */
  readonly facts?: string;
  /** Folder with the report of the last drill. @default DRILL_REPORT_FOLDER */
  readonly report?: string;
  /** Seconds that each source may take. @default OBSERVATION_SECONDS */
  readonly seconds?: number;
}

export interface FoundSources {
  readonly sources: ObservationSources;
  /** Host name that readers use, where anything says so. */
  readonly hostname?: string;
  /** Seconds that the standby may be behind, by what is planned. */
  readonly lagObjectiveSeconds: number;
}

/** Names the URL at which a store's origin is asked, in the place of the planned host; for stores on this machine. */
export function originVariable(store: StoreName): string {
  return `${store.toUpperCase()}_ORIGIN`;
}

/**
 * Whom to ask, from the plan and the environment.
 *
 * @throws WrongUseError for a plan that cannot be used; where there is none, what it would have said is unknown
 */
export async function observationSources(place: ObservationPlace): Promise<FoundSources> {
  const { environment } = place;
  // A plan that happens to lie here may be about other stores than the environment.
  const isPlanMeant = !speaksForItself(place);
  const [stores, edge, schedule] = await Promise.all([
    configuredStores(place),
    isPlanMeant ? plannedEdge(place) : undefined,
    isPlanMeant ? plannedSchedule(place) : {},
  ]);
  const plan = edge?.plan;
  const hostname = plan?.hostname ?? hostnameOf(markerName(stores, plan, environment));
  return {
    sources: {
      resolvers: resolvers(stores, plan, environment),
      config: () => projectToggle({ file: "cdktf.json", override: environment.ACTIVE_PROVIDER }),
      edge: await liveEdgeSource({ ...place, hostname }),
      origins: ofEach((store) => originSource(store, plan, environment)),
      notes: ofEach((store) => notesSource(store, stores, place)),
      lastDrill: () => lastDrill(place.report),
      seconds: place.seconds,
    },
    hostname,
    lagObjectiveSeconds: lagObjective(schedule),
  };
}

const NO_PLAN = "there is no plan here; run npx cdktf synth, or give its folder with --synthesized";

function resolvers(
  stores: ConfiguredStores | undefined,
  plan: EdgePlan | undefined,
  environment: Environment,
): Known<readonly ResolverQuestion[]> {
  const name = markerName(stores, plan, environment);
  if (name === undefined) return { unknown: NO_PLAN };
  try {
    return { value: resolverQuestions(name, resolverAddresses(stores, environment)) };
  } catch (error) {
    return { unknown: reasonOf(error) };
  }
}

/** As the environment names them, else as configured. */
export function resolverAddresses(
  stores: ConfiguredStores | undefined,
  environment: Environment,
): readonly string[] {
  return environment[MARKER_VARIABLES.resolvers]?.split(",") ?? stores?.resolvers ?? DEFAULT_RESOLVERS;
}

function markerName(
  stores: ConfiguredStores | undefined,
  plan: EdgePlan | undefined,
  environment: Environment,
): string | undefined {
  return stores?.markerName ?? plan?.marker.name ?? environment[MARKER_VARIABLES.name];
}

/** The marker's name is the host name behind one word. */
function hostnameOf(name: string | undefined): string | undefined {
  const prefix = markerRecordName("");
  return name?.startsWith(prefix) ? name.slice(prefix.length) : undefined;
}

function originSource(store: StoreName, plan: EdgePlan | undefined, environment: Environment) {
  const question = originQuestion(store, plan, environment[originVariable(store)]);
  return question === undefined ? notAsked(NO_PLAN) : (signal: AbortSignal) => askOrigin(question, signal);
}

/** As the monitor of the store's pool asks it. */
export function originQuestion(
  store: StoreName,
  plan: EdgePlan | undefined,
  given: string | undefined,
): OriginQuestion | undefined {
  const pool = plan?.defaultPools.find(({ origin }) => origin.name === store);
  const path = pool?.monitor.path ?? `/${HEALTH_KEY}`;
  const host = pool?.origin.hostHeader;
  if (given !== undefined && URL.canParse(given)) return { url: new URL(path, given), host };
  if (pool === undefined) return undefined;
  const { address, port } = pool.origin;
  return { url: new URL(path, `https://${address}${port === undefined ? "" : `:${port}`}`), host };
}

function notesSource(
  store: StoreName,
  stores: ConfiguredStores | undefined,
  place: ObservationPlace,
): Ask<StandbyNotes> {
  if (stores === undefined) return notAsked(NO_PLAN);
  return async () => {
    const client = await openConfiguredStore(store, place);
    try {
      return await standbyNotes(client, store);
    } catch (error) {
      throw withWayOut(error, store);
    } finally {
      client.close();
    }
  };
}

function ofEach<T>(of: (store: StoreName) => T): Record<StoreName, T> {
  const [primary, secondary] = STORE_NAMES;
  return { primary: of(primary), secondary: of(secondary) };
}
