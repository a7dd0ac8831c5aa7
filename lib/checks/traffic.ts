import { isEdge } from "./edge-isolation";
import {
  type Block,
  blocksOf,
  isText,
  listOf,
  type PlannedResource,
  referencesIn,
  resourcesOfType,
} from "./plan-reading";
import type { PlanRuleId } from "./plan-rules";
import type { Violation } from "./violation";

const LOAD_BALANCER = "cloudflare_load_balancer";
const POOL = "cloudflare_load_balancer_pool";
const MONITOR = "cloudflare_load_balancer_monitor";

/** A rule about one resource: whether it is kept. */
type Keeps = (values: Block) => boolean;

/** Where readers are sent, and how a store's health is found out. */
export function trafficViolations(plan: Block): readonly Violation[] {
  if (!isEdge(plan)) {
    return [];
  }
  const pools = resourcesOfType(plan, POOL);
  const monitors = addressesOf(resourcesOfType(plan, MONITOR));
  const broken = (type: string, rule: PlanRuleId, keeps: Keeps) =>
    resourcesOfType(plan, type)
      .filter(({ values }) => !keeps(values))
      .map(({ address }) => ({ rule, address }));
  return [
    ...broken(LOAD_BALANCER, "load-balancer-two-pools", (values) => {
      const listed = referencesIn(values.default_pools).filter((address) => addressesOf(pools).has(address));
      return new Set(listed).size >= 2;
    }),
    ...broken(LOAD_BALANCER, "load-balancer-proxied", ({ proxied }) => proxied === true),
    ...broken(
      LOAD_BALANCER,
      "fallback-is-active-pool",
      ({ default_pools, fallback_pool }) =>
        referencesIn(default_pools)[0] !== undefined &&
        referencesIn(default_pools)[0] === referencesIn(fallback_pool)[0],
    ),
    ...broken(POOL, "pool-monitored", ({ monitor }) =>
      referencesIn(monitor).some((address) => monitors.has(address)),
    ),
    ...broken(POOL, "pool-one-origin", ({ origins }) => listOf(origins).length === 1),
    ...broken(
      MONITOR,
      "monitor-expects-content",
      ({ expected_codes, expected_body }) => isText(expected_codes) && isText(expected_body),
    ),
    ...broken(
      MONITOR,
      "monitor-over-tls",
      ({ type, allow_insecure }) => type === "https" && allow_insecure !== true,
    ),
    ...markerViolations(plan, pools),
  ];
}

/** The marker's record, by what it says: `"active=primary"`, possibly with more words. */
function markerViolations(plan: Block, pools: readonly PlannedResource[]): readonly Violation[] {
  const firstPools = resourcesOfType(plan, LOAD_BALANCER).map(
    ({ values }) => referencesIn(values.default_pools)[0],
  );
  const preferred = pools
    .filter(({ address }) => firstPools.includes(address))
    .flatMap(({ values }) => blocksOf(values.origins).map(({ name }) => name));
  return resourcesOfType(plan, "cloudflare_dns_record").flatMap(({ address, values }) => {
    const named = /^"active=([a-z]+)/.exec(String(values.content))?.[1];
    const agrees = values.type !== "TXT" || named === undefined || preferred.includes(named);
    return agrees ? [] : [{ rule: "marker-names-active-pool", address } as const];
  });
}

function addressesOf(resources: readonly PlannedResource[]): ReadonlySet<string> {
  return new Set(resources.map(({ address }) => address));
}
