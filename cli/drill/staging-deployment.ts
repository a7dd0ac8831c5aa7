import { otherStore } from "../../contract/stores";
import type { StagedDeployment } from "../../drill/staging/staged-deployment";
import { isOnThisMachine } from "../../operate/cloudflare/cloudflare-api";
import { CloudflareEdge } from "../../operate/cloudflare/cloudflare-edge";
import { PoolSwitch } from "../../operate/cloudflare/pool-switch";
import { EDGE_FACTS_FILE, type EdgeFacts } from "../../operate/edge-facts";
import { readFacts } from "../../operate/facts/facts-file";
import { isKnown } from "../../operate/known";
import type { LivePool } from "../../operate/live-edge";
import { cloudflareAccess } from "../cloudflare-access";
import type { FoundSources } from "../status/observation-sources";
import { openConfiguredStore } from "../stores/open-configured-store";
import type { PlanPlace } from "../stores/planned-stack";
import { WrongUseError } from "../wrong-use-error";

type Environment = Readonly<Record<string, string | undefined>>;

/** Names the URL at which readers ask, in the place of `https://<hostname>`; for an edge on this machine. */
export const READERS_ORIGIN_VARIABLE = "READERS_ORIGIN";

export interface DeploymentPlace extends PlanPlace {
  readonly environment: Environment;
  /** Ids at Cloudflare. @default EDGE_FACTS_FILE */
  readonly facts?: string;
}

/**
 * The deployment that the facts name, with the stores as they are configured here.
 *
 * @throws WrongUseError, FactsMissingError, FactsMalformedError
 */
export async function stagedDeployment(
  place: DeploymentPlace,
  notes?: FoundSources["sources"]["notes"],
): Promise<{ readonly deployment: StagedDeployment; readonly facts: EdgeFacts }> {
  const { environment } = place;
  const facts = await readFacts(place.facts ?? EDGE_FACTS_FILE);
  const api = await cloudflareAccess(environment);
  const edge = new CloudflareEdge(api, facts);
  const poolSwitch = new PoolSwitch(api, facts);
  const deployment: StagedDeployment = {
    hostname: facts.hostname,
    readersUrl: readersOrigin(environment) ?? `https://${facts.hostname}`,
    pools: {
      read: async (signal) => {
        const { pools } = await edge.read(signal);
        return { primary: seen(pools.primary), secondary: seen(pools.secondary) };
      },
      setEnabled: (store, enabled, signal) => poolSwitch.setEnabled(store, enabled, signal),
    },
    openStore: (store) => openConfiguredStore(store, place),
    lagSeconds: async (signal) => {
      const { marker } = (await edge.read(signal)).marker;
      if (notes === undefined || !isKnown(marker)) return undefined;
      return (await notes[otherStore(marker.value.active)](signal)).lagSeconds;
    },
  };
  return { deployment, facts };
}

/** @throws WrongUseError for an address that is not on this machine: readers of a deployment ask where everybody does */
export function readersOrigin({ [READERS_ORIGIN_VARIABLE]: given }: Environment): string | undefined {
  if (!given) return undefined;
  if (URL.canParse(given) && isOnThisMachine(new URL(given))) return given;
  throw new WrongUseError(
    `${READERS_ORIGIN_VARIABLE} "${given}" is not on this machine; it is for drills of an edge here`,
  );
}

function seen({ enabled, health }: LivePool) {
  return { enabled, health: isKnown(health) ? health.value : ("unknown" as const) };
}
