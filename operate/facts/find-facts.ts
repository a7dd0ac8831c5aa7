import { markerRecordName } from "../../contract/marker";
import { isStoreName, STORE_NAMES, type StoreName } from "../../contract/stores";
import type { CloudflareApi } from "../cloudflare/cloudflare-api";
import { EDGE_FACTS_VERSION, type EdgeFacts, type PoolFacts } from "../edge-facts";

/** What is known before Cloudflare is asked. */
export interface FactsQuestion {
  /** Host name that readers use. */
  readonly hostname: string;
  /** @default - found by the host name */
  readonly zoneId?: string;
}

/** Cloudflare has no such edge, or has it otherwise than this library deploys it. */
export class EdgeNotFoundError extends Error {
  public override readonly name = "EdgeNotFoundError";
}

/**
 * Finds every id of a deployed edge by its host name; no state of Terraform's, no plan is needed.
 *
 * @throws EdgeNotFoundError, CloudflareUnreachableError, CloudflareRefusedError
 */
export async function findFacts(
  api: CloudflareApi,
  { hostname, zoneId: givenZone }: FactsQuestion,
  signal: AbortSignal,
): Promise<EdgeFacts> {
  const zone = await findZone(api, hostname, givenZone, signal);
  const [loadBalancer, marker] = await Promise.all([
    findLoadBalancer(api, hostname, zone.id, signal),
    findMarker(api, hostname, zone.id, signal),
  ]);
  const pools = await findPools(api, loadBalancer.poolIds, zone.accountId, hostname, signal);
  return {
    version: EDGE_FACTS_VERSION,
    checkedAt: new Date().toISOString(),
    hostname,
    accountId: zone.accountId,
    zoneId: zone.id,
    loadBalancerId: loadBalancer.id,
    marker,
    pools,
  };
}

interface FoundZone {
  readonly id: string;
  readonly accountId: string;
}

/** The zone whose name the host name ends with; the longest, where several do. */
async function findZone(
  api: CloudflareApi,
  hostname: string,
  zoneId: string | undefined,
  signal: AbortSignal,
): Promise<FoundZone> {
  if (zoneId !== undefined) {
    const zone = await api.ask(
      `GET /zones/${zoneId}`,
      (client, options) => client.zones.get({ zone_id: zoneId }, options),
      signal,
    );
    return { id: zone.id, accountId: zone.account.id ?? "" };
  }
  const labels = hostname.split(".");
  for (let from = 0; from < labels.length - 1; from++) {
    const name = labels.slice(from).join(".");
    const page = await api.ask(
      "GET /zones",
      (client, options) => client.zones.list({ name }, options),
      signal,
    );
    const found = page.result.find((zone) => zone.name === name);
    if (found !== undefined) return { id: found.id, accountId: found.account.id ?? "" };
  }
  throw new EdgeNotFoundError(
    `no zone of ${hostname} is within this token's reach; give its id with --zone-id, or the token the right to read the zone`,
  );
}

async function findLoadBalancer(api: CloudflareApi, hostname: string, zoneId: string, signal: AbortSignal) {
  const page = await api.ask(
    `GET /zones/${zoneId}/load_balancers`,
    (client, options) => client.loadBalancers.list({ zone_id: zoneId }, options),
    signal,
  );
  const found = page.result.find(({ name }) => name === hostname);
  if (found?.id === undefined) {
    throw new EdgeNotFoundError(`zone ${zoneId} has no load balancer for ${hostname}; is the edge deployed?`);
  }
  return { id: found.id, poolIds: [...new Set([...(found.default_pools ?? []), found.fallback_pool])] };
}

async function findMarker(
  api: CloudflareApi,
  hostname: string,
  zoneId: string,
  signal: AbortSignal,
): Promise<EdgeFacts["marker"]> {
  const name = markerRecordName(hostname);
  const page = await api.ask(
    `GET /zones/${zoneId}/dns_records`,
    (client, options) =>
      client.dns.records.list({ zone_id: zoneId, type: "TXT", name: { exact: name } }, options),
    signal,
  );
  const [record, ...more] = page.result.filter((one) => one.type === "TXT" && one.name === name);
  if (record === undefined) throw new EdgeNotFoundError(`zone ${zoneId} has no TXT record ${name}`);
  if (more.length > 0) {
    throw new EdgeNotFoundError(
      `zone ${zoneId} has ${more.length + 1} TXT records ${name}; readers of the marker accept one: remove those that no deployment owns`,
    );
  }
  return { recordId: record.id, name, ttlSeconds: record.ttl };
}

/** Each store's pool, told by its only origin, which has the store's name. */
async function findPools(
  api: CloudflareApi,
  ids: readonly (string | undefined)[],
  accountId: string,
  hostname: string,
  signal: AbortSignal,
): Promise<EdgeFacts["pools"]> {
  const found = new Map<StoreName, PoolFacts>();
  for (const id of ids) {
    if (id === undefined) continue;
    const pool = await api.ask(
      `GET /accounts/${accountId}/load_balancers/pools/${id}`,
      (client, options) => client.loadBalancers.pools.get(id, { account_id: accountId }, options),
      signal,
    );
    const store = pool.origins?.[0]?.name;
    if (isStoreName(store)) {
      found.set(store, { id, name: pool.name ?? "", monitorId: String(pool.monitor ?? "") });
    }
  }
  const [primary, secondary] = STORE_NAMES.map((store) => found.get(store));
  if (primary === undefined || secondary === undefined) {
    throw new EdgeNotFoundError(
      `the load balancer of ${hostname} has no pool whose origin is called ${primary ? "secondary" : "primary"}`,
    );
  }
  return { primary, secondary };
}
