import type { Marker } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";
import type { EdgeFacts } from "../edge-facts";
import type { LiveEdge, LiveEdgeState, LiveMarker, LivePool, LoadBalancerState } from "../live-edge";
import type { CloudflareApi } from "./cloudflare-api";
import { CloudflareRefusedError } from "./cloudflare-errors";
import { liveMarker, markerContent } from "./marker-content";
import { poolHealth } from "./pool-health";
import { isFirst, orderWithFirst } from "./pool-order";

/** The edge that the facts name. */
export class CloudflareEdge implements LiveEdge {
  constructor(
    private readonly api: CloudflareApi,
    private readonly facts: EdgeFacts,
  ) {}

  public async read(signal: AbortSignal): Promise<LiveEdgeState> {
    const [{ content }, loadBalancer, primary, secondary] = await Promise.all([
      this.record(signal),
      this.loadBalancer(signal),
      this.pool("primary", signal),
      this.pool("secondary", signal),
    ]);
    return { marker: liveMarker(content), loadBalancer, pools: { primary, secondary } };
  }

  public async writeMarker(marker: Marker, signal: AbortSignal): Promise<LiveMarker> {
    const { content: now, name, ttl } = await this.record(signal);
    const content = markerContent(marker);
    if (now === content) return liveMarker(now);
    const { zoneId, marker: record } = this.facts;
    await this.api.ask(
      `PATCH /zones/${zoneId}/dns_records/${record.recordId}`,
      (client, options) =>
        client.dns.records.edit(
          record.recordId,
          { zone_id: zoneId, type: "TXT", name, ttl, content },
          options,
        ),
      signal,
    );
    return liveMarker((await this.record(signal)).content);
  }

  public async writeOrder(active: StoreName, signal: AbortSignal): Promise<LoadBalancerState> {
    const now = await this.loadBalancer(signal);
    const pool = this.facts.pools[active].id;
    if (isFirst(now, pool)) return now;
    const { defaultPools, fallbackPool } = orderWithFirst(now, pool);
    const { zoneId, loadBalancerId } = this.facts;
    const order = { zone_id: zoneId, default_pools: [...defaultPools], fallback_pool: fallbackPool };
    await this.api.ask(
      `PATCH /zones/${zoneId}/load_balancers/${loadBalancerId}`,
      (client, options) => client.loadBalancers.edit(loadBalancerId, order, options),
      signal,
    );
    return this.loadBalancer(signal);
  }

  /** @throws CloudflareRefusedError when the record is another one than the facts say: something was made anew */
  private async record(signal: AbortSignal) {
    const { zoneId, marker } = this.facts;
    const record = await this.api.ask(
      `GET /zones/${zoneId}/dns_records/${marker.recordId}`,
      (client, options) => client.dns.records.get(marker.recordId, { zone_id: zoneId }, options),
      signal,
    );
    const { type, name, ttl, content = "" } = record;
    if (type === "TXT" && name === marker.name) return { name, ttl, content };
    throw new CloudflareRefusedError(
      `record ${marker.recordId} is ${type} ${name}, not the marker ${marker.name}; run: storage-failover facts`,
      404,
    );
  }

  private async loadBalancer(signal: AbortSignal): Promise<LoadBalancerState> {
    const { zoneId, loadBalancerId } = this.facts;
    const found = await this.api.ask(
      `GET /zones/${zoneId}/load_balancers/${loadBalancerId}`,
      (client, options) => client.loadBalancers.get(loadBalancerId, { zone_id: zoneId }, options),
      signal,
    );
    return {
      enabled: found.enabled ?? true,
      defaultPools: found.default_pools ?? [],
      fallbackPool: found.fallback_pool ?? "",
      regionPools: found.region_pools ?? {},
    };
  }

  private async pool(store: StoreName, signal: AbortSignal): Promise<LivePool> {
    const { accountId, pools } = this.facts;
    const { id } = pools[store];
    const [pool, health] = await Promise.all([
      this.api.ask(
        `GET /accounts/${accountId}/load_balancers/pools/${id}`,
        (client, options) => client.loadBalancers.pools.get(id, { account_id: accountId }, options),
        signal,
      ),
      this.health(id, signal),
    ]);
    return { id, enabled: pool.enabled ?? true, health };
  }

  /** Health is good to know; that it cannot be read keeps nobody from seeing the rest. */
  private async health(id: string, signal: AbortSignal): Promise<LivePool["health"]> {
    const { accountId } = this.facts;
    try {
      return poolHealth(
        await this.api.ask(
          `GET /accounts/${accountId}/load_balancers/pools/${id}/health`,
          (client, options) => client.loadBalancers.pools.health.get(id, { account_id: accountId }, options),
          signal,
        ),
      );
    } catch (error) {
      if (!(error instanceof Error) || signal.aborted) throw error;
      return { unknown: error.message };
    }
  }
}
