import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { MARKER_TTL_SECONDS } from "../../contract/marker";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { CHECK_REGIONS } from "../../lib/edge/check-regions";
import type { FailoverLoadBalancerProps } from "../../lib/edge/failover-load-balancer";
import { exampleEdgeProps } from "./example-stores";
import { edgeSynthesizer } from "./synthesize-edge";
import type { SynthesizedResource } from "./synthesized-resources";
import { temporaryFolder } from "./temporary-folder";

/**
 * What type-checks, looks right, and is wrong at Cloudflare: settings that every later plan would show as changed, and
 * the faults of the blueprints that people copy for such a system. Each is held for the plain edge and for one with
 * every option on, in both directions.
 */
const synthesizeEdge = edgeSynthesizer(temporaryFolder());

const everyOption: Partial<FailoverLoadBalancerProps> = {
  plan: "enterprise",
  checkRegions: ["WEU", "ENAM", "NEAS"],
  regionPools: { NEAS: ["secondary", "primary"] },
  sessionAffinity: "cookie",
  edgeCacheSeconds: 60,
  notificationEmails: ["one@example.com", "two@example.com"],
  notificationWebhookIds: ["0".repeat(32)],
  notificationPagerdutyIds: ["1".repeat(32)],
  rtoSeconds: 60,
};

const edges = STORE_NAMES.flatMap((activeProvider) => [
  synthesizeEdge({ activeProvider }),
  synthesizeEdge({ activeProvider, ...everyOption }, true),
]);

const all = (type: string): SynthesizedResource[] =>
  edges.flatMap(({ resources }) => Object.values(resources[type] ?? {}));

const pools = all("cloudflare_load_balancer_pool");
const monitors = all("cloudflare_load_balancer_monitor");
const balancers = all("cloudflare_load_balancer");
const rulesets = all("cloudflare_ruleset");
const policies = all("cloudflare_notification_policy");

/** Every value in the synthesized resources with its key. */
function values(): (readonly [key: string, value: unknown])[] {
  const found: [string, unknown][] = [];
  JSON.stringify(
    edges.map(({ resources }) => resources),
    (key, value: unknown) => {
      found.push([key, value]);
      return value;
    },
  );
  return found;
}

it("looks at something: each kind of resource is there", () => {
  const counts = [pools, monitors, balancers, rulesets, policies].map(({ length }) => length);
  expect(counts).toEqual([8, 8, 4, 2 * 3 + 2 * 4, 4]);
});

describe("permanent differences", () => {
  it("origins come back sorted by name: one origin a pool", () => {
    expect(pools.map(({ origins }) => (origins as unknown[]).length)).toEqual(pools.map(() => 1));
  });

  it("a port of 0 is not stored: none is written", () => {
    expect(values().filter(([key, value]) => key === "port" && value === 0)).toEqual([]);
  });

  it("an empty map or list is not stored: none is written", () => {
    const empty = values().filter(([, value]) => ["{}", "[]"].includes(JSON.stringify(value)));
    expect(empty).toEqual([]);
  });

  it("consecutive_up and consecutive_down of 0 are not stored: both are written, from 1", () => {
    for (const { consecutive_up, consecutive_down } of monitors) {
      expect(Math.min(Number(consecutive_up), Number(consecutive_down))).toBeGreaterThanOrEqual(1);
    }
  });

  it("a rule without ref gets a new identity in each plan: every rule has its own", () => {
    for (const { rules } of rulesets) {
      const refs = (rules as { ref?: string }[]).map(({ ref }) => ref);
      expect(refs.every((ref) => ref?.startsWith("storage-failover-"))).toBe(true);
      expect(new Set(refs).size).toBe(refs.length);
    }
  });

  it("a TXT record comes back in quotes and with its full name: both are written", () => {
    for (const { name, content, ttl } of all("cloudflare_dns_record")) {
      expect(name).toBe("_storage-failover.assets.example.com");
      expect(content).toMatch(/^"[^"]{1,253}"$/);
      // Required by the provider; 60 is the least below Enterprise.
      expect(ttl).toBe(MARKER_TTL_SECONDS);
    }
  });

  it("computed nested objects show as changed: each is written out", () => {
    for (const balancer of balancers) {
      expect(balancer).toEqual(
        expect.objectContaining({
          adaptive_routing: { failover_across_pools: expect.any(Boolean) },
          location_strategy: { mode: expect.any(String), prefer_ecs: expect.any(String) },
          random_steering: { default_weight: expect.any(Number) },
          session_affinity: expect.any(String),
          session_affinity_attributes: {
            drain_duration: expect.any(Number),
            samesite: expect.any(String),
            secure: expect.any(String),
            zero_downtime_failover: expect.any(String),
          },
        }),
      );
    }
    for (const pool of pools) {
      expect(pool.origin_steering).toEqual({ policy: expect.any(String) });
    }
  });

  it("load_shedding drifts when left away: all four parts are written", () => {
    for (const { load_shedding } of pools) {
      expect(Object.keys(load_shedding as object).sort()).toEqual([
        "default_percent",
        "default_policy",
        "session_percent",
        "session_policy",
      ]);
    }
  });

  it("a session's time is computed: it is written with a session, and only then", () => {
    for (const { session_affinity, session_affinity_ttl } of balancers) {
      expect(session_affinity_ttl).toEqual(session_affinity === "none" ? undefined : expect.any(Number));
    }
  });

  it("a mechanism without recipients comes and goes: only those in use are written", () => {
    const stack = synthesizeEdge({ notificationEmails: ["one@example.com"] });

    for (const policy of Object.values(stack.resources.cloudflare_notification_policy ?? {})) {
      expect(policy.mechanisms).toEqual({ email: [{ id: "one@example.com" }] });
    }
  });

  it("a ttl on a proxied load balancer is not stored: none is written", () => {
    expect(balancers.filter((balancer) => "ttl" in balancer)).toEqual([]);
  });

  it("two rulesets of one phase replace each other: there is one a phase", () => {
    for (const { resources } of edges) {
      const phases = Object.values(resources.cloudflare_ruleset ?? {}).map(({ phase }) => phase);
      expect(new Set(phases).size).toBe(phases.length);
    }
  });
});

describe("faults of the blueprints that people copy", () => {
  it("fault 1: pools and monitors belong to the account, not to the zone", () => {
    for (const resource of [...pools, ...monitors]) {
      expect(resource.account_id).toBe("account");
      expect(resource).not.toHaveProperty("zone_id");
    }
  });

  it("fault 2: origins and regions are attributes of the right kind, and global is no region", () => {
    for (const { origins } of pools) {
      expect(Array.isArray(origins)).toBe(true);
    }
    for (const { region_pools = {} } of balancers) {
      expect(Array.isArray(region_pools)).toBe(false);
      expect(Object.keys(region_pools as object).filter((region) => !(region in CHECK_REGIONS))).toEqual([]);
    }
  });

  it("fault 3: no attribute has the name that older providers gave it", () => {
    const old = /^(default_pool_ids|fallback_pool_id|pool_ids|header_values|origin|value|name_servers)$/;
    const names = [...pools, ...monitors, ...balancers].flatMap((resource) => Object.keys(resource));
    expect(names.filter((name) => old.test(name))).toEqual([]);
  });

  it("fault 4: both pools are in the order, each once; the fallback alone would be used whatever its health", () => {
    for (const { default_pools, region_pools = {}, fallback_pool } of balancers) {
      for (const list of [default_pools, ...Object.values(region_pools as object)]) {
        expect(new Set(list as string[]).size).toBe(2);
        expect(list).toContain(fallback_pool);
      }
    }
  });

  it("fault 5: each pool has a monitor of its own, of this stack", () => {
    expect(new Set(pools.map(({ monitor }) => monitor)).size).toBe(2);
    for (const { monitor } of pools) {
      expect(monitor).toMatch(
        /^\$\{cloudflare_load_balancer_monitor\.edge_(primary|secondary)_monitor_\w+\.id\}$/,
      );
    }
  });

  it("fault 6: each region exists, and there is one: none means every data centre", () => {
    expect(CHECK_REGIONS).not.toHaveProperty("EUN");
    for (const { check_regions } of pools) {
      expect(check_regions).not.toHaveLength(0);
      expect((check_regions as string[]).filter((region) => !(region in CHECK_REGIONS))).toEqual([]);
    }
  });

  it("fault 7: the address of an origin holds no port and no scheme", () => {
    for (const { origins } of pools) {
      expect((origins as { address: string }[])[0]?.address).toMatch(/^[a-z0-9.-]+$/);
    }
  });

  it("fault 8: readers are proxied, so that origins are hidden and failover does not wait for DNS", () => {
    expect(balancers.map(({ proxied }) => proxied)).toEqual(balancers.map(() => true));
  });

  it("fault 9: origin and monitor send the store's own host name, in the shape of the provider's fifth version", () => {
    for (const { origins } of pools) {
      const [origin] = origins as { address: string; header: unknown }[];
      expect(origin?.header).toEqual({ host: [origin?.address] });
    }
    for (const { header } of monitors) {
      expect(header).not.toHaveProperty("header");
      expect(header).not.toHaveProperty("values");
      expect(header).toMatchObject({ Host: [expect.stringContaining(".")] });
    }
  });

  it("fault 10: origins are asked over TLS, with certificates checked; no website endpoint is one", () => {
    for (const { type, port, allow_insecure } of monitors) {
      expect({ type, port, allow_insecure }).toEqual({ type: "https", port: 443, allow_insecure: false });
    }
    expect(JSON.stringify(pools)).not.toContain("s3-website");
  });

  it("fault 11: each monitor says which codes and which body it expects", () => {
    for (const { expected_codes, expected_body } of monitors) {
      expect(expected_codes).toBe("200");
      expect(expected_body).toMatch(/^storage-failover (primary|secondary) is healthy$/);
    }
  });

  it("fault 12: what is asked for is an object of the store, not the name of a bucket", () => {
    for (const { path } of monitors) {
      expect(path).toBe(exampleEdgeProps.primary.healthPath);
    }
  });

  it("fault 22: readers return by themselves only to the store that holds every acknowledged write", () => {
    for (const { resources, edge } of edges) {
      const [balancer] = Object.values(resources.cloudflare_load_balancer ?? {});
      const [first] = (balancer?.default_pools ?? []) as string[];
      expect(first).toContain(`edge_${edge.active.storeName}_pool`);
      expect(balancer?.fallback_pool).toBe(first);
    }
  });
});

describe("a flip", () => {
  const region = fc.constantFrom(...Object.keys(CHECK_REGIONS).filter((code) => code !== "ALL_REGIONS"));
  const order = fc.constantFrom(["primary", "secondary"] as const, ["secondary", "primary"] as const);
  const options = fc.record<Partial<FailoverLoadBalancerProps>>(
    {
      plan: fc.constantFrom("business", "enterprise"),
      checkRegions: fc.constantFrom(["WEU"], ["ENAM", "NEAS", "OC"]),
      regionPools: fc.dictionary(region, order, { maxKeys: 3 }),
      sessionAffinity: fc.constantFrom("none", "cookie", "ip_cookie"),
      edgeCacheSeconds: fc.integer({ min: 0, max: 86_400 }),
      notificationEmails: fc.constantFrom([], ["one@example.com"]),
      notificationWebhookIds: fc.constantFrom([], ["0".repeat(32)]),
      manageZoneRules: fc.constant(true),
      poolNamePrefix: fc.constantFrom("assets", "a_b"),
    },
    { requiredKeys: ["plan"] },
  );

  it("changes the order, the fallback and the marker, and nothing else, with whatever options", () => {
    fc.assert(
      fc.property(options, fc.boolean(), (change, secret) => {
        const linesOf = (activeProvider: StoreName) =>
          JSON.stringify(synthesizeEdge({ ...change, activeProvider }, secret).resources, null, 1).split(
            "\n",
          );
        const before = linesOf("primary");
        const after = linesOf("secondary");

        expect(after).toHaveLength(before.length);
        const changed = before.filter((line, index) => line !== after[index]);
        expect(changed).toHaveLength(4);
        expect(changed.filter((line) => !/cloudflare_load_balancer_pool\.|"content": /.test(line))).toEqual(
          [],
        );
        expect(linesOf("primary")).toEqual(before);
      }),
      { seed: 5, numRuns: 25 },
    );
  });
});

it("moves the marker before the load balancer, by an explicit dependency", () => {
  for (const { depends_on } of balancers) {
    expect(depends_on).toEqual([expect.stringMatching(/^cloudflare_dns_record\.edge_marker_record_/)]);
  }
});
