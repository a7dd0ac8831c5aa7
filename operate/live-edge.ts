import type { Marker } from "../contract/marker";
import type { StoreName } from "../contract/stores";
import { isKnown, type Known } from "./known";

/** What Cloudflare says of the edge now. */
export interface LiveEdgeState {
  readonly marker: LiveMarker;
  readonly loadBalancer: LoadBalancerState;
  readonly pools: Readonly<Record<StoreName, LivePool>>;
}

export interface LiveMarker {
  /** The record's text as the API gives it, quotes included. */
  readonly content: string;
  /** Unknown when the text is none that this version understands. */
  readonly marker: Known<Marker>;
}

export interface LoadBalancerState {
  readonly enabled: boolean;
  /** Ids, in the order of preference. */
  readonly defaultPools: readonly string[];
  readonly fallbackPool: string;
  /** Ids by region code, for load balancers with lists of their own by region. */
  readonly regionPools: Readonly<Record<string, readonly string[]>>;
}

export interface LivePool {
  readonly id: string;
  readonly enabled: boolean;
  /** As the monitors' quorum sees the pool; unknown while they have not looked, or where health could not be read. */
  readonly health: Known<"healthy" | "unhealthy">;
}

/** The edge through Cloudflare's API: what can be read and the two things that a flip changes. */
export interface LiveEdge {
  /** @throws CloudflareUnreachableError, CloudflareRefusedError */
  read(signal: AbortSignal): Promise<LiveEdgeState>;
  /**
   * Writes the marker and nothing else of the record. Does nothing when it says so already.
   *
   * @returns what the API gives back, read anew
   */
  writeMarker(marker: Marker, signal: AbortSignal): Promise<LiveMarker>;
  /**
   * Puts the pool of `active` first in the default order, and makes it the fallback, in one request. Lists by region
   * name stores, not roles, and stay. Does nothing when it is so already.
   *
   * @returns what the API gives back, read anew
   */
  writeOrder(active: StoreName, signal: AbortSignal): Promise<LoadBalancerState>;
}

/** What Cloudflare's own record of the marker says, where that is known and is a marker. */
export function recordedMarker(edge: Known<LiveEdgeState>): Marker | undefined {
  return isKnown(edge) && isKnown(edge.value.marker.marker) ? edge.value.marker.marker.value : undefined;
}
