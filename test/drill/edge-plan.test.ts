import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { STAMP_HEADER } from "../../contract/stamp";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import { poolOrder, poolsOf } from "../../drill/edge/edge-plan";
import { PlanUnreadableError } from "../../drill/edge/plan-node";
import { readEdgePlan } from "../../drill/edge/read-edge-plan";
import { failoverConfig } from "../../failover.config";
import { type SynthesizeRequest, synthesizeStacks } from "../../stacks/synthesize";
import { edgeStackJson } from "./edge-stack-fixture";

/** The fixture with the value at `path` replaced; undefined removes it. */
function stackWith(path: string, value: unknown): unknown {
  const stack: unknown = edgeStackJson();
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce<unknown>((node, key) => (isObject(node) ? node[key] : undefined), stack);
  if (!isObject(parent)) throw new Error(`the fixture has no ${path}`);
  parent[last] = value;
  return stack;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

const LOAD_BALANCER = "resource.cloudflare_load_balancer.edge_load_balancer";
const POOL = "resource.cloudflare_load_balancer_pool.primary_pool";
const MONITOR = "resource.cloudflare_load_balancer_monitor.primary_monitor";
const MARKER = "resource.cloudflare_dns_record.marker";
const CACHE = "resource.cloudflare_ruleset.cache_rules";
const REWRITE = "resource.cloudflare_ruleset.index_rewrite.rules.0";

function cacheRules(parameters: Record<string, unknown>, action = "set_cache_settings") {
  const rule = { ref: "cache", action, expression: "(true)", action_parameters: parameters };
  return { phase: "http_request_cache_settings", kind: "zone", rules: [rule] };
}

describe("reading a synthesized edge stack", () => {
  it("takes order, origins, monitors, marker and header rules from it", () => {
    const plan = readEdgePlan(edgeStackJson("secondary"));

    expect(plan.hostname).toBe("assets.example.com");
    expect(plan.failoverAcrossPools).toBe(true);
    expect(plan.defaultPools.map((pool) => pool.origin.name)).toEqual(["secondary", "primary"]);
    expect(plan.fallbackPool.name).toBe("assets-secondary");
    expect(plan.marker).toEqual({
      name: "_storage-failover.assets.example.com",
      ttlSeconds: 60,
      content: { active: "secondary", writesPaused: false },
    });
    expect(plan.rewrites).toEqual([{ from: "/", to: "/index.html" }]);
    expect(plan.removedResponseHeaders).toEqual(["x-amz-meta-storage-failover-stamp"]);
    expect(poolsOf(plan)).toHaveLength(2);
    expect(plan.defaultPools[1]).toEqual({
      name: "assets-primary",
      enabled: true,
      minimumOrigins: 1,
      checkRegions: ["WEU"],
      origin: {
        name: "primary",
        address: "primary-origin.example.com",
        port: undefined,
        enabled: true,
        hostHeader: "primary-origin.example.com",
      },
      monitor: {
        type: "https",
        method: "GET",
        path: "/storage-failover-health.txt",
        port: 443,
        intervalSeconds: 60,
        timeoutSeconds: 5,
        retries: 2,
        consecutiveUp: 1,
        consecutiveDown: 1,
        expectedBody: "storage-failover primary is healthy",
        expectedCodes: "200",
        headers: { Host: ["primary-origin.example.com"] },
      },
    });
  });

  it("uses Cloudflare's defaults for what the plan leaves out", () => {
    const stack = stackWith(MONITOR, {
      type: "https",
      path: "/h",
      expected_codes: "2xx",
      consecutive_down: 0,
    });
    const { monitor } = readEdgePlan(stack).fallbackPool;

    expect(monitor).toMatchObject({
      method: "GET",
      intervalSeconds: 60,
      timeoutSeconds: 5,
      retries: 2,
      consecutiveUp: 1,
      consecutiveDown: 1,
      headers: {},
    });
  });

  it("fills in sensitive variables that it was given, and says which one is missing", () => {
    const stack = stackWith(`${MONITOR}.header`, { Referer: ["${var.origin_secret}"] });

    const plan = readEdgePlan(stack, { variables: { origin_secret: "made-up" } });
    expect(plan.fallbackPool.monitor.headers).toEqual({ Referer: ["made-up"] });
    expect(() => readEdgePlan(stack)).toThrow(
      `${MONITOR}.header.Referer[0]: \${var.origin_secret} has no value`,
    );
  });

  it("takes the order of each region with a list of its own, and the default order for readers from elsewhere", () => {
    const stack = edgeStackJson("primary");
    const [primary, secondary] = stack.resource.cloudflare_load_balancer.edge_load_balancer.default_pools;
    Object.assign(stack.resource.cloudflare_load_balancer.edge_load_balancer, {
      steering_policy: "geo",
      region_pools: { NEAS: [secondary, primary], OC: [secondary] },
    });
    const plan = readEdgePlan(stack, { readersRegion: "NEAS" });
    const order = (region?: string, of = plan) => poolOrder(of, region).map((pool) => pool.origin.name);

    expect(order("OC")).toEqual(["secondary"]);
    expect(order("WEU")).toEqual(["primary", "secondary"]);
    expect(order()).toEqual(["secondary", "primary"]);
    expect(order(undefined, readEdgePlan(stack))).toEqual(["primary", "secondary"]);
    expect(plan.fallbackPool.origin.name).toBe("primary");
    expect(poolsOf(plan)).toHaveLength(2);
  });

  it("reads past cache rules, since every read of a drill reaches an origin", () => {
    const stack = stackWith(CACHE, cacheRules({ cache: true, edge_ttl: { mode: "bypass_by_default" } }));

    expect(readEdgePlan(stack)).toEqual(readEdgePlan(edgeStackJson()));
  });

  const refusals: readonly (readonly [
    what: string,
    path: string,
    value: unknown,
    at: string,
    because: string,
  ])[] = [
    [
      "no load balancer",
      "resource.cloudflare_load_balancer",
      {},
      "resource.cloudflare_load_balancer",
      "exactly one",
    ],
    [
      "an unproxied load balancer",
      `${LOAD_BALANCER}.proxied`,
      undefined,
      `${LOAD_BALANCER}.proxied`,
      "not proxied",
    ],
    ["a disabled load balancer", `${LOAD_BALANCER}.enabled`, false, `${LOAD_BALANCER}.enabled`, "disabled"],
    [
      "unknown steering",
      `${LOAD_BALANCER}.steering_policy`,
      "random",
      `${LOAD_BALANCER}.steering_policy`,
      '"random"',
    ],
    [
      "pools by country",
      `${LOAD_BALANCER}.country_pools`,
      { DE: [] },
      `${LOAD_BALANCER}.country_pools`,
      "country",
    ],
    [
      "pools by region that no policy looks at",
      `${LOAD_BALANCER}.region_pools`,
      { WEU: [] },
      `${LOAD_BALANCER}.steering_policy`,
      "beside pools by region",
    ],
    [
      "a policy without pools by region",
      `${LOAD_BALANCER}.steering_policy`,
      "geo",
      `${LOAD_BALANCER}.steering_policy`,
      '"geo"',
    ],
    [
      "a cache key that is not Cloudflare's",
      CACHE,
      cacheRules({ cache: true, cache_key: { ignore_query_strings_order: true } }),
      `${CACHE}.rules[0].action_parameters.cache_key`,
      "cache key",
    ],
    [
      "a cache rule that redirects",
      CACHE,
      cacheRules({}, "redirect"),
      `${CACHE}.rules[0].action`,
      "more than cache",
    ],
    [
      "session affinity",
      `${LOAD_BALANCER}.session_affinity`,
      "cookie",
      `${LOAD_BALANCER}.session_affinity`,
      "affinity",
    ],
    ["no pools", `${LOAD_BALANCER}.default_pools`, [], `${LOAD_BALANCER}.default_pools`, "at least one pool"],
    [
      "a pool of another stack",
      `${LOAD_BALANCER}.default_pools.0`,
      "abc",
      `${LOAD_BALANCER}.default_pools[0]`,
      '"abc"',
    ],
    [
      "a missing fallback pool",
      `${LOAD_BALANCER}.fallback_pool`,
      undefined,
      `${LOAD_BALANCER}.fallback_pool`,
      "nothing",
    ],
    ["a reference into the void", POOL, undefined, POOL, "the pool that the load balancer refers to"],
    [
      "several origins",
      `${POOL}.origins`,
      [{ name: "primary" }, { name: "b" }],
      `${POOL}.origins`,
      "2 origins",
    ],
    ["no origin", `${POOL}.origins`, [], `${POOL}.origins`, "one origin"],
    [
      "an origin that is no store",
      `${POOL}.origins.0.name`,
      "s3",
      `${POOL}.origins[0].name`,
      "primary or secondary",
    ],
    ["no check regions", `${POOL}.check_regions`, undefined, `${POOL}.check_regions`, "every data centre"],
    ["a pool without a monitor", `${POOL}.monitor`, undefined, `${POOL}.monitor`, "never considered"],
    ["a minimum of no origins", `${POOL}.minimum_origins`, 0, `${POOL}.minimum_origins`, "at least 1"],
    ["port 0", `${POOL}.origins.0.port`, 0, `${POOL}.origins[0].port`, "at least 1"],
    ["unknown codes", `${MONITOR}.expected_codes`, "ok", `${MONITOR}.expected_codes`, '"ok"'],
    ["no expected codes", `${MONITOR}.expected_codes`, undefined, `${MONITOR}.expected_codes`, "nothing"],
    ["an unknown monitor type", `${MONITOR}.type`, "smtp", `${MONITOR}.type`, "smtp"],
    [
      "a monitor that follows redirects",
      `${MONITOR}.follow_redirects`,
      true,
      `${MONITOR}.follow_redirects`,
      "redirects",
    ],
    ["an interval as text", `${MONITOR}.interval`, "60", `${MONITOR}.interval`, '"60"'],
    [
      "no marker",
      "resource.cloudflare_dns_record",
      {},
      "resource.cloudflare_dns_record",
      "_storage-failover.",
    ],
    ["a marker without quotes", `${MARKER}.content`, "active=primary", `${MARKER}.content`, "double quotes"],
    [
      "a marker that names no store",
      `${MARKER}.content`,
      '"active=b"',
      `${MARKER}.content`,
      "names no store",
    ],
    [
      "a rewrite for other requests",
      `${REWRITE}.expression`,
      'http.cookie eq "a"',
      `${REWRITE.replace(".0", "[0]")}.expression`,
      "http.cookie",
    ],
    [
      "a rule that blocks",
      `${REWRITE}.action`,
      "block",
      `${REWRITE.replace(".0", "[0]")}.action`,
      "does not rewrite",
    ],
    ["something that is no stack", "resource", undefined, "resource.cloudflare_load_balancer", "exactly one"],
  ];

  it.each(refusals)("refuses %s and names the path", (_what, path, value, at, because) => {
    const read = () => readEdgePlan(stackWith(path, value));

    expect(read).toThrow(PlanUnreadableError);
    expect(read).toThrow(`edge plan cannot be read at ${at}: `);
    expect(read).toThrow(because);
  });

  it("leaves out rules that are disabled", () => {
    expect(readEdgePlan(stackWith(`${REWRITE}.enabled`, false)).rewrites).toEqual([]);
  });
});

describe("reading what the stacks really synthesize", () => {
  it.each(["primary", "secondary"] as const)("finds %s first, with health and header rules", (active) => {
    const plan = readEdgePlan(synthesizedEdge({ activeProvider: active }));

    expect(plan.defaultPools[0]?.origin.name).toBe(active);
    expect(plan.fallbackPool).toEqual(plan.defaultPools[0]);
    expect(plan.marker.content).toEqual({ active, writesPaused: false });
    expect(plan.failoverAcrossPools).toBe(true);
    expect(plan.rewrites).toEqual([{ from: "/", to: "/index.html" }]);
    expect(plan.removedResponseHeaders).toEqual([STAMP_HEADER]);
    for (const { origin, monitor } of poolsOf(plan)) {
      expect(origin.hostHeader).toBe(origin.address);
      expect(monitor.path).toBe(`/${HEALTH_KEY}`);
      expect(monitor.expectedBody).toBe(healthBody(origin.name));
    }
  });

  it("needs the origin secret's value when the plan sends one, and sends it with probes and reads alike", () => {
    const stack = synthesizedEdge({
      activeProvider: "primary",
      config: { ...failoverConfig, useOriginSecret: true },
    });

    expect(() => readEdgePlan(stack)).toThrow("${var.origin_secret} has no value before a deployment");
    const plan = readEdgePlan(stack, { variables: { origin_secret: "made-up" } });
    expect(plan.requestHeaders).toEqual({ Referer: "made-up" });
    expect(plan.fallbackPool.monitor.headers).toMatchObject({ Referer: ["made-up"] });
  });

  function synthesizedEdge(request: Omit<SynthesizeRequest, "outdir">): unknown {
    const outdir = mkdtempSync(join(tmpdir(), "edge-plan-"));
    try {
      return synthesizeStacks({ ...request, outdir }).edge;
    } finally {
      rmSync(outdir, { recursive: true, force: true });
    }
  }
});
