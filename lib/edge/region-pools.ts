import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { ConfigurationError } from "../configuration-error";
import { CHECK_REGIONS, type CheckRegion } from "./check-regions";

/** A region of the world, as Cloudflare divides it, that readers come from. */
export type ReaderRegion = Exclude<CheckRegion, "ALL_REGIONS">;

/** Both stores in order of preference, for the readers of a region; by name, since a store does not move when roles do. */
export type RegionPools = Readonly<Partial<Record<ReaderRegion, readonly StoreName[]>>>;

const READER_REGIONS = Object.keys(CHECK_REGIONS).filter((region) => region !== "ALL_REGIONS");

/**
 * The lists that were given; undefined for none, because Cloudflare does not store an empty map.
 *
 * @throws ConfigurationError CHECK_REGION_UNKNOWN; VALUE_INVALID for a list that does not hold each store once
 */
export function checkRegionPools(
  regionPools: RegionPools | undefined,
  path: string,
): Readonly<Record<string, readonly StoreName[]>> | undefined {
  const lists = Object.entries(regionPools ?? {}).filter(([, stores]) => stores !== undefined);
  for (const [region, stores] of lists) {
    checkRegion(region, path);
    checkList(stores, `${path}/${region}`);
  }
  return lists.length === 0 ? undefined : Object.fromEntries(lists);
}

function checkRegion(region: string, path: string): void {
  if (READER_REGIONS.includes(region)) {
    return;
  }
  throw new ConfigurationError({
    code: "CHECK_REGION_UNKNOWN",
    path,
    what: "Cloudflare has no such region that readers could come from",
    value: region,
    allowed: READER_REGIONS.join(", "),
    fix: "use codes from the list, in capitals; readers of other regions get the active store first anyway",
  });
}

/** Both stores, each once: a list of one store would leave the region nothing to fail over to. */
function checkList(stores: readonly string[], path: string): void {
  if (
    Array.isArray(stores) &&
    stores.length === STORE_NAMES.length &&
    STORE_NAMES.every((name) => stores.includes(name))
  ) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "the list of a region must hold both stores, each once: otherwise there is nothing to fail over to",
    value: stores,
    allowed: '["primary", "secondary"] or ["secondary", "primary"]',
    fix: "name both, the nearer first",
  });
}
