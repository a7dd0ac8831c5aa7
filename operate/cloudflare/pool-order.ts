import type { LoadBalancerState } from "../live-edge";

/** The lists that a flip changes. */
export type PoolOrder = Pick<LoadBalancerState, "defaultPools" | "fallbackPool">;

/**
 * The order with this pool first and as the fallback. No pool is taken out, so that no moment of a flip leaves readers
 * without one. Lists by region name stores and not roles: the configuration does not move them either.
 */
export function orderWithFirst(current: PoolOrder, poolId: string): PoolOrder {
  return {
    defaultPools: [poolId, ...current.defaultPools.filter((id) => id !== poolId)],
    fallbackPool: poolId,
  };
}

export function isFirst({ defaultPools, fallbackPool }: PoolOrder, poolId: string): boolean {
  return defaultPools[0] === poolId && fallbackPool === poolId;
}
