import { markerRecordName } from "../../contract/marker";
import { at, isObject } from "../../operate/runbook/plan-walk";

/** Outputs of the edge stack that tell who is active. */
const ACTIVE_OUTPUTS = ["active_bucket", "active_endpoint", "active_store", "standby_store"];

/**
 * Where a flip changes the edge stack, by rule: as in
 * `edge: resource.cloudflare_load_balancer.<id>.default_pools`. What is not in this plan is not named.
 *
 * @param edge - the parsed stack
 */
export function flipPathsByRule(edge: unknown): readonly string[] {
  const outputs = members(at(edge, "output"))
    .filter(([name]) => ACTIVE_OUTPUTS.includes(name))
    .map(([name]) => `output.${name}.value`);
  const markers = members(at(edge, "resource", "cloudflare_dns_record"))
    .filter(([, record]) => String(at(record, "name")).startsWith(markerRecordName("")))
    .map(([id]) => `resource.cloudflare_dns_record.${id}.content`);
  const orders = members(at(edge, "resource", "cloudflare_load_balancer")).flatMap(([id, balancer]) =>
    ["default_pools", "fallback_pool", ...regionLists(balancer)].map(
      (name) => `resource.cloudflare_load_balancer.${id}.${name}`,
    ),
  );
  return [...outputs, ...markers, ...orders].map((path) => `edge: ${path}`).sort();
}

/** Lists of a region that hold both pools; one with a single pool binds its readers to that store. */
function regionLists(balancer: unknown): readonly string[] {
  return members(at(balancer, "region_pools"))
    .filter(([, pools]) => Array.isArray(pools) && pools.length > 1)
    .map(([code]) => `region_pools.${code}`);
}

function members(value: unknown): readonly (readonly [string, unknown])[] {
  return isObject(value) ? Object.entries(value).filter(([name]) => name !== "//") : [];
}
