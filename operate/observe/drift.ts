import { formatMarker, type Marker } from "../../contract/marker";
import { otherStore, STORE_NAMES, type StoreName } from "../../contract/stores";
import { isKnown } from "../known";
import { type LiveEdgeState, recordedMarker } from "../live-edge";
import type { Observation } from "../observation";

/** What of the flip has another opinion of the active store than the marker. */
export const DRIFT_KINDS = [
  "resolvers",
  "record",
  "order",
  "fallback",
  "regions",
  "pool-off",
  "load-balancer-off",
  "config",
  "journal",
] as const;

export type DriftKind = (typeof DRIFT_KINDS)[number];

export interface Drift {
  readonly kind: DriftKind;
  /** One sentence. */
  readonly text: string;
  /** What brings it to an end. */
  readonly remedy: string;
  /** It ends by itself, soon: no reason to do anything but wait. */
  readonly passing: boolean;
}

/**
 * Where marker, load balancer, configuration and journal do not say the same. Only what is known is compared: what is
 * unknown is no drift, and not its absence either.
 */
export function findDrift(observation: Observation): readonly Drift[] {
  const { marker, edge, config, standby } = observation;
  const resolved = isKnown(marker) ? marker.value : undefined;
  const live = isKnown(edge) ? edge.value : undefined;
  const recorded = recordedMarker(edge);
  // What Cloudflare has is newer than what resolvers still remember.
  const truth = recorded ?? resolved;
  return [
    ...resolverDrift(observation, recorded, resolved),
    ...(live && !isKnown(live.marker.marker) ? [unreadableRecord(live)] : []),
    ...(live ? switchedOff(live) : []),
    ...(live && truth ? orderDrift(live, truth.active) : []),
    ...(truth && isKnown(config) ? configDrift(config.value, truth.active) : []),
    ...(truth && isKnown(standby) ? journalDrift(standby.value.active, truth.active) : []),
  ];
}

function resolverDrift(
  { resolvers }: Observation,
  recorded: Marker | undefined,
  resolved: Marker | undefined,
): readonly Drift[] {
  const said = resolvers.flatMap(({ name, reading }) =>
    isKnown(reading) ? [{ name, text: formatMarker(reading.value) }] : [],
  );
  const views = said.map(({ name, text }) => `${name} says ${text}`).join(", ");
  if (new Set(said.map(({ text }) => text)).size > 1) {
    return [
      {
        kind: "resolvers",
        text: `the resolvers disagree: ${views}`,
        remedy: "wait for the record's TTL, about a minute; replication and writers hold back until then",
        passing: true,
      },
    ];
  }
  if (recorded === undefined || resolved === undefined) return [];
  if (formatMarker(recorded) === formatMarker(resolved)) return [];
  return [
    {
      kind: "record",
      text: `Cloudflare's record says ${formatMarker(recorded)}, and the resolvers still say ${formatMarker(resolved)}`,
      remedy: "wait for the record's TTL, about a minute; if it stays, somebody changed the record by hand",
      passing: true,
    },
  ];
}

function unreadableRecord({ marker }: LiveEdgeState): Drift {
  const why = isKnown(marker.marker) ? "" : `: ${marker.marker.unknown}`;
  return {
    kind: "record",
    text: `Cloudflare's record says ${JSON.stringify(marker.content)}, which is no marker${why}`,
    remedy:
      "apply the edge stack; until then nobody knows which store is active, and replication stands still",
    passing: false,
  };
}

function switchedOff({ loadBalancer, pools }: LiveEdgeState): readonly Drift[] {
  const off = STORE_NAMES.filter((store) => !pools[store].enabled);
  const remedy = "switch it on in Cloudflare's dashboard, or apply the edge stack";
  const text = `switched off, so that readers are never sent there: the pool of ${off.join(", and that of ")}`;
  return [
    ...(off.length > 0 ? [{ kind: "pool-off", text, remedy, passing: false } as const] : []),
    ...(loadBalancer.enabled
      ? []
      : [
          {
            kind: "load-balancer-off",
            text: "the load balancer is switched off",
            remedy,
            passing: false,
          } as const,
        ]),
  ];
}

function orderDrift({ loadBalancer, pools }: LiveEdgeState, active: StoreName): readonly Drift[] {
  const expected = pools[active].id;
  const remedy = `finish the flip: storage-failover flip --to ${active}`;
  const found: Drift[] = [];
  const [first] = loadBalancer.defaultPools;
  if (first !== expected) {
    const text = `the marker says ${active}, and the load balancer prefers ${named(first, pools)}`;
    found.push({ kind: "order", text, remedy, passing: false });
  }
  if (loadBalancer.fallbackPool !== expected) {
    const text = `the marker says ${active}, and the fallback pool is ${named(loadBalancer.fallbackPool, pools)}`;
    found.push({ kind: "fallback", text, remedy, passing: false });
  }
  const regions = Object.entries(loadBalancer.regionPools).filter(([, [head]]) => head !== expected);
  if (regions.length > 0) {
    const text = `the marker says ${active}, and the lists of ${regions.map(([code]) => code).join(", ")} begin with another pool`;
    found.push({ kind: "regions", text, remedy, passing: false });
  }
  return found;
}

function named(id: string | undefined, pools: LiveEdgeState["pools"]): string {
  const store = STORE_NAMES.find((name) => pools[name].id === id);
  return store ?? (id === undefined ? "no pool" : `pool ${id}, which is neither store's`);
}

function configDrift(config: StoreName, active: StoreName): readonly Drift[] {
  if (config === active) return [];
  return [
    {
      kind: "config",
      text: `${active} is active, and this project's toggle says ${config}: its next deployment would flip back`,
      remedy: `storage-failover flip --to ${active} --via config, and merge what it makes`,
      passing: false,
    },
  ];
}

function journalDrift(journal: StoreName, active: StoreName): readonly Drift[] {
  if (journal === active) return [];
  return [
    {
      kind: "journal",
      text: `replication has not noted yet that ${active} is active; its journal says ${otherStore(active)}`,
      remedy: "wait for the next run; if it stays, see that the schedule runs and both stores answer",
      passing: true,
    },
  ];
}
