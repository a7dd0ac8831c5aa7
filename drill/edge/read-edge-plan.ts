import { type Marker, MarkerFormatError, markerRecordName, parseMarker } from "../../contract/marker";
import type { EdgePlan, EdgePool } from "./edge-plan";
import { PlanNode } from "./plan-node";
import { readPool } from "./read-pool";
import { readTransformRules } from "./read-transform-rules";

export interface ReadEdgePlanOptions {
  /**
   * Values of the stack's sensitive Terraform variables by name, for headers that carry one.
   *
   * @default - a plan that refers to a variable where the engine needs the value cannot be read
   */
  readonly variables?: Readonly<Record<string, string>>;
  /**
   * Region of the readers who do not say where they are, as in `WEU`, for a plan with lists of pools by region.
   *
   * @default - one without a list of its own
   */
  readonly readersRegion?: string;
}

/**
 * Reads the parsed `cdktf.out/stacks/edge/cdk.tf.json`.
 *
 * @throws PlanUnreadableError naming the path, when something is missing or is not imitated by the engine
 */
export function readEdgePlan(stackJson: unknown, options: ReadEdgePlanOptions = {}): EdgePlan {
  const resources = new PlanNode(stackJson, "", options.variables ?? {}).at("resource");
  const loadBalancer = onlyLoadBalancer(resources.at("cloudflare_load_balancer"));
  refuseWhatIsNotImitated(loadBalancer);

  const pools = new Map<string, EdgePool>();
  const poolAt = (reference: PlanNode): EdgePool => {
    const id = reference.referenceTo("cloudflare_load_balancer_pool");
    const pool = pools.get(id) ?? readPool(resources, id);
    pools.set(id, pool);
    return pool;
  };

  const hostname = loadBalancer.at("name").text();
  const poolList = (list: PlanNode): readonly EdgePool[] => {
    const order = list.items().map(poolAt);
    if (order.length === 0) throw list.unreadable("at least one pool, in order of preference");
    return order;
  };

  return {
    hostname,
    steeringPolicy: readSteering(loadBalancer),
    failoverAcrossPools: loadBalancer.at("adaptive_routing").at("failover_across_pools").flag(false),
    defaultPools: poolList(loadBalancer.at("default_pools")),
    ...readRegions(loadBalancer.at("region_pools"), poolList),
    ...(options.readersRegion !== undefined && { readersRegion: options.readersRegion }),
    fallbackPool: poolAt(loadBalancer.at("fallback_pool")),
    marker: readMarker(resources.at("cloudflare_dns_record"), hostname),
    ...readTransformRules(resources.at("cloudflare_ruleset"), hostname),
  };
}

function onlyLoadBalancer(loadBalancers: PlanNode): PlanNode {
  const [first, ...more] = loadBalancers.entries();
  if (first === undefined || more.length > 0) throw loadBalancers.unreadable("exactly one load balancer");
  return first[1];
}

/** The lists that single regions have. */
function readRegions(
  lists: PlanNode,
  poolList: (list: PlanNode) => readonly EdgePool[],
): Pick<EdgePlan, "regionPools"> {
  const regions = lists
    .entries()
    .filter(([, list]) => list.isPresent)
    .map(([region, list]) => [region, poolList(list)] as const);
  return regions.length === 0 ? {} : { regionPools: Object.fromEntries(regions) };
}

function readSteering(loadBalancer: PlanNode): string {
  const policy = loadBalancer.at("steering_policy");
  const hasRegions = loadBalancer.at("region_pools").entries().length > 0;
  // Cloudflare reads the empty policy as "geo" with lists by region, and as "off" without.
  const steering = policy.optionalText() || (hasRegions ? "geo" : "off");
  if (steering !== (hasRegions ? "geo" : "off"))
    throw policy.unsupported(
      `steering policy "${steering}" ${hasRegions ? "beside pools by region" : 'is not "off"'}`,
    );
  return steering;
}

function refuseWhatIsNotImitated(loadBalancer: PlanNode): void {
  if (!loadBalancer.at("proxied").flag(false))
    throw loadBalancer.at("proxied").unsupported("load balancer is not proxied");
  if (!loadBalancer.at("enabled").flag(true))
    throw loadBalancer.at("enabled").unsupported("load balancer is disabled");
  for (const name of ["country_pools", "pop_pools"]) {
    if (loadBalancer.at(name).entries().length > 0)
      throw loadBalancer.at(name).unsupported("pools chosen by country or data centre");
  }
  if (loadBalancer.at("rules").items().length > 0)
    throw loadBalancer.at("rules").unsupported("load balancer rules");
  const affinity = loadBalancer.at("session_affinity");
  if (!["none", ""].includes(affinity.optionalText() ?? ""))
    throw affinity.unsupported("session affinity is on");
}

function readMarker(records: PlanNode, hostname: string): EdgePlan["marker"] {
  const name = markerRecordName(hostname);
  const record = records
    .entries()
    .map(([, node]) => node)
    .find((node) => node.at("type").optionalText() === "TXT" && node.at("name").optionalText() === name);
  if (record === undefined) throw records.unreadable(`a TXT record named ${name}`);
  return { name, ttlSeconds: record.at("ttl").number(30), content: readMarkerContent(record.at("content")) };
}

function readMarkerContent(content: PlanNode): Marker {
  const text = /^"([^"]*)"$/.exec(content.text())?.[1];
  if (text === undefined) throw content.unreadable("a marker in double quotes");
  try {
    return parseMarker(text);
  } catch (error) {
    throw error instanceof MarkerFormatError ? content.unreadable(`a marker (${error.message})`) : error;
  }
}
