import { formatMarker, type Marker } from "../../../../../contract/marker";
import { otherStore, STORE_NAMES, type StoreName } from "../../../../../contract/stores";
import type { VirtualEdge } from "../../../../../drill/edge/virtual/virtual-edge";
import type { LiveEdge, LiveEdgeState } from "../../../../../operate/live-edge";

/** What goes wrong with one request to the API: it never takes effect, or it does and nobody is told. */
export type ApiFault = "refused" | "answer lost";

export class ApiError extends Error {
  public override readonly name = "ApiError";
}

/** Asked and told before and after each request. */
export interface ApiWatch {
  /** Waits for whoever is before this one. */
  turn(): Promise<void>;
  beforeChange(): void;
  afterChange(): void;
}

/** Cloudflare's API in front of the virtual edge; what goes wrong is said beforehand. */
export class VirtualCloudflare {
  /** One for each of the next requests that change something; undefined for one that goes well. */
  public faults: (ApiFault | undefined)[] = [];
  public marker: Marker;

  constructor(
    private readonly edge: VirtualEdge,
    private readonly watch: ApiWatch,
  ) {
    this.marker = edge.plan.marker.content;
  }

  /** The API as one operator has it. @param onChange told whether a change of this one moved the direction */
  public usedBy(onChange: (moved: boolean) => void): LiveEdge {
    const change = async (effect: () => void): Promise<void> => {
      await this.watch.turn();
      const fault = this.faults.shift();
      if (fault === "refused") throw new ApiError("HTTP status 503");
      const { active } = this.marker;
      this.take(effect);
      onChange(this.marker.active !== active);
      if (fault === "answer lost") throw new ApiError("no answer");
    };
    return {
      read: async () => {
        await this.watch.turn();
        return this.state();
      },
      writeMarker: async (marker) => {
        await change(() => this.publishNow(marker));
        return this.state().marker;
      },
      writeOrder: async (active) => {
        await change(() => this.orderNow(active));
        return this.state().loadBalancer;
      },
    };
  }

  /** What the marker and the order become at once, by whoever needs no more than one attempt. */
  public apply(active: StoreName): void {
    this.take(() => this.publishNow({ active, writesPaused: false }));
    this.take(() => this.orderNow(active));
  }

  public publish(marker: Marker): void {
    this.take(() => this.publishNow(marker));
  }

  public state(): LiveEdgeState {
    const { plan } = this.edge;
    const pools = STORE_NAMES.map((store) => {
      const pool = this.edge.pools().find((one) => one.store === store);
      if (pool === undefined) throw new Error(`the edge has no pool for ${store}`);
      const health = pool.status === "unknown" ? { unknown: "not probed yet" } : { value: pool.status };
      return [store, { id: pool.name, enabled: pool.enabled, health }] as const;
    });
    return {
      marker: { content: `"${formatMarker(this.marker)}"`, marker: { value: this.marker } },
      loadBalancer: {
        enabled: true,
        defaultPools: plan.defaultPools.map(({ name }) => name),
        fallbackPool: plan.fallbackPool.name,
        regionPools: {},
      },
      pools: Object.fromEntries(pools) as LiveEdgeState["pools"],
    };
  }

  private poolOf(store: StoreName): string {
    return this.state().pools[store].id;
  }

  private take(effect: () => void): void {
    this.watch.beforeChange();
    effect();
    this.watch.afterChange();
  }

  private publishNow(marker: Marker): void {
    this.marker = marker;
    this.edge.publishMarker(marker);
  }

  private orderNow(active: StoreName): void {
    const defaultPools = [active, otherStore(active)].map((store) => this.poolOf(store));
    this.edge.setOrder({ defaultPools, fallbackPool: this.poolOf(active) });
  }
}
