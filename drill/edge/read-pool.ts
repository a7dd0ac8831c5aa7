import { isStoreName, STORE_NAMES } from "../../contract/stores";
import { parseExpectedCodes } from "./core/expected-codes";
import type { EdgeMonitor, EdgePool } from "./edge-plan";
import type { PlanNode } from "./plan-node";

/** Reads the pool with this resource id, and its monitor. */
export function readPool(resources: PlanNode, id: string): EdgePool {
  const pool = resources.at("cloudflare_load_balancer_pool").at(id);
  if (!pool.isPresent) throw pool.unreadable("the pool that the load balancer refers to");
  if (pool.at("monitor_group").isPresent) throw pool.at("monitor_group").unsupported("a monitor group");
  if (pool.at("load_shedding").at("default_percent").number(0, 0) > 0)
    throw pool.at("load_shedding").unsupported("load shedding");

  return {
    name: pool.at("name").text(),
    enabled: pool.at("enabled").flag(true),
    minimumOrigins: pool.at("minimum_origins").number(1, 1),
    checkRegions: readCheckRegions(pool.at("check_regions")),
    origin: readOrigin(pool.at("origins")),
    monitor: readMonitor(resources, pool.at("monitor")),
  };
}

function readCheckRegions(regions: PlanNode): readonly string[] {
  const codes = regions.items().map((region) => region.text());
  if (codes.length === 0)
    throw regions.unsupported("no check regions, which means every data centre of Cloudflare");
  if (codes.includes("ALL_REGIONS")) throw regions.unsupported("ALL_REGIONS");
  return codes;
}

function readOrigin(origins: PlanNode): EdgePool["origin"] {
  const [origin, ...more] = origins.items();
  if (origin === undefined) throw origins.unreadable("one origin");
  // Cloudflare returns the origins of a pool sorted by name: any other order is a permanent difference.
  if (more.length > 0) throw origins.unsupported(`a pool with ${more.length + 1} origins`);
  const name = origin.at("name").text();
  if (!isStoreName(name)) throw origin.at("name").unreadable(`a store's name (${STORE_NAMES.join(" or ")})`);
  const hosts = origin.at("header").at("host").items();
  if (hosts.length > 1) throw origin.at("header").at("host").unreadable("at most one host name");
  return {
    name,
    address: origin.at("address").text(),
    port: origin.at("port").isPresent ? origin.at("port").number(1) : undefined,
    enabled: origin.at("enabled").flag(true),
    hostHeader: hosts[0]?.text(),
  };
}

function readMonitor(resources: PlanNode, reference: PlanNode): EdgeMonitor {
  if (!reference.isPresent)
    throw reference.unsupported("a pool without a monitor, whose health is never considered");
  const id = reference.referenceTo("cloudflare_load_balancer_monitor");
  const monitor = resources.at("cloudflare_load_balancer_monitor").at(id);
  if (!monitor.isPresent) throw monitor.unreadable("the monitor that a pool refers to");
  if (monitor.at("follow_redirects").flag(false))
    throw monitor.at("follow_redirects").unsupported("a monitor that follows redirects");

  const type = readType(monitor.at("type"));
  const codes = monitor.at("expected_codes");
  const expectedCodes = type === "tcp" ? "" : codes.text();
  if (type !== "tcp" && parseExpectedCodes(expectedCodes) === undefined)
    throw codes.unreadable('codes such as "200", "2xx" or "200,302"');

  return {
    type,
    method: monitor.at("method").optionalText() ?? "GET",
    path: monitor.at("path").optionalText() ?? "/",
    port: monitor.at("port").isPresent ? monitor.at("port").number(1) : undefined,
    intervalSeconds: monitor.at("interval").number(1, 60),
    timeoutSeconds: monitor.at("timeout").number(1, 5),
    retries: monitor.at("retries").number(0, 2),
    // Cloudflare's own default of 0 acts like 1: one check decides.
    consecutiveUp: Math.max(1, monitor.at("consecutive_up").number(0, 0)),
    consecutiveDown: Math.max(1, monitor.at("consecutive_down").number(0, 0)),
    expectedBody: monitor.at("expected_body").optionalText(),
    expectedCodes,
    ...(monitor.at("allow_insecure").flag(false) && { allowInsecure: true }),
    headers: Object.fromEntries(
      monitor
        .at("header")
        .entries()
        .map(([name, values]) => [name, values.items().map((value) => value.text())]),
    ),
  };
}

function readType(type: PlanNode): EdgeMonitor["type"] {
  const text = type.optionalText() ?? "http";
  switch (text) {
    case "http":
    case "https":
    case "tcp":
      return text;
    default:
      throw type.unsupported(`monitor type "${text}"`);
  }
}
