import { describe, expect, it } from "@jest/globals";
import { MARKER_TTL_SECONDS, parseMarker } from "../../contract/marker";
import { STAMP_HEADER } from "../../contract/stamp";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { cacheBypassRule, cacheRule } from "../../lib/edge/edge-rules";
import type { FailoverLoadBalancerProps } from "../../lib/edge/failover-load-balancer";
import { exampleEdgeProps } from "./example-stores";
import { edgeSynthesizer } from "./synthesize-edge";
import { temporaryFolder } from "./temporary-folder";

const synthesizeEdge = edgeSynthesizer(temporaryFolder());

describe("pools and monitors", () => {
  it.each(STORE_NAMES)(
    "gives the %s store a pool with one origin, which sends the store's own host name",
    (store) => {
      const { ofStore } = synthesizeEdge();
      const { originHost } = exampleEdgeProps[store];
      const [monitorName] = ofStore("cloudflare_load_balancer_monitor", store);

      const [, pool] = ofStore("cloudflare_load_balancer_pool", store);

      expect(pool).toEqual({
        account_id: "account",
        name: `assets-example-com-${store}`,
        description: `${store} store`,
        enabled: true,
        minimum_origins: 1,
        monitor: `\${cloudflare_load_balancer_monitor.${monitorName}.id}`,
        check_regions: ["WEU"],
        origins: [
          { name: store, address: originHost, enabled: true, weight: 1, header: { host: [originHost] } },
        ],
        load_shedding: {
          default_percent: 0,
          default_policy: "random",
          session_percent: 0,
          session_policy: "hash",
        },
        origin_steering: { policy: "random" },
      });
    },
  );

  it.each(STORE_NAMES)("watches a real object of the %s store, whose body names the store", (store) => {
    const [, monitor] = synthesizeEdge().ofStore("cloudflare_load_balancer_monitor", store);

    expect(monitor).toEqual({
      account_id: "account",
      description: `${store} store: a real object with a known body`,
      type: "https",
      method: "GET",
      path: "/storage-failover-health.txt",
      port: 443,
      header: { Host: [exampleEdgeProps[store].originHost] },
      expected_codes: "200",
      expected_body: `storage-failover ${store} is healthy`,
      follow_redirects: false,
      allow_insecure: false,
      interval: 60,
      timeout: 5,
      retries: 2,
      consecutive_up: 1,
      consecutive_down: 1,
    });
  });

  it.each([
    ["free", 60],
    ["pro", 60],
    ["business", 15],
    ["enterprise", 10],
  ] as const)("probes as often as the %s plan allows, every %i s", (plan, interval) => {
    const [, monitor] = synthesizeEdge({ plan }).ofStore("cloudflare_load_balancer_monitor", "primary");

    expect(monitor.interval).toBe(interval);
  });

  it("predicts the recovery time from the same numbers that it gives the monitors", () => {
    const { edge, ofStore } = synthesizeEdge({
      intervalSeconds: 90,
      timeoutSeconds: 7,
      retries: 1,
      consecutiveDown: 2,
    });

    expect(edge.predictRecoveryTime("hanging").worst).toBe(90 * 2 + 7 * 2 + 5);
    expect(ofStore("cloudflare_load_balancer_monitor", "secondary")[1]).toMatchObject({
      interval: 90,
      timeout: 7,
      retries: 1,
      consecutive_down: 2,
    });
  });
});

describe("the load balancer", () => {
  it.each([
    ["primary", "secondary"],
    ["secondary", "primary"],
  ] as const)(
    "with %s active prefers it, falls back to %s, and ends at the active one",
    (active, standby) => {
      const { only, ofStore, edge } = synthesizeEdge({ activeProvider: active });
      const id = (store: StoreName) =>
        `\${cloudflare_load_balancer_pool.${ofStore("cloudflare_load_balancer_pool", store)[0]}.id}`;

      expect(only("cloudflare_load_balancer")).toEqual({
        zone_id: "zone",
        name: "assets.example.com",
        description: "Object storage, active store first",
        enabled: true,
        proxied: true,
        steering_policy: "off",
        default_pools: [id(active), id(standby)],
        fallback_pool: id(active),
        adaptive_routing: { failover_across_pools: true },
        location_strategy: { mode: "pop", prefer_ecs: "proximity" },
        random_steering: { default_weight: 1 },
        session_affinity: "none",
        session_affinity_attributes: {
          drain_duration: 0,
          samesite: "Auto",
          secure: "Auto",
          zero_downtime_failover: "none",
        },
        depends_on: [expect.stringMatching(/^cloudflare_dns_record\.edge_marker_record_/)],
        lifecycle: { prevent_destroy: true },
      });
      expect([edge.active.storeName, edge.standby.storeName]).toEqual([active, standby]);
    },
  );

  it("gives the readers of a region their own order, by name, which a flip does not turn", () => {
    const regionPools = { NEAS: ["secondary", "primary"], WEU: ["primary", "secondary"] } as const;
    const edges = STORE_NAMES.map((activeProvider) => synthesizeEdge({ activeProvider, regionPools }));
    const balancers = edges.map(({ only }) => only("cloudflare_load_balancer"));
    const [primary, secondary] = (balancers[0]?.default_pools ?? []) as string[];

    for (const { steering_policy, region_pools } of balancers) {
      expect({ steering_policy, region_pools }).toEqual({
        steering_policy: "geo",
        region_pools: { NEAS: [secondary, primary], WEU: [primary, secondary] },
      });
    }
    expect(balancers[1]?.default_pools).toEqual([secondary, primary]);
  });

  it.each(["cookie", "ip_cookie"] as const)(
    "lets readers stay with a store by %s, and leave it at once when it cannot be reached",
    (sessionAffinity) => {
      const balancer = (seconds?: number) =>
        synthesizeEdge({ sessionAffinity, sessionAffinitySeconds: seconds }).only("cloudflare_load_balancer");

      expect(balancer()).toMatchObject({
        session_affinity: sessionAffinity,
        session_affinity_ttl: 82_800,
        session_affinity_attributes: {
          drain_duration: 0,
          samesite: "Auto",
          secure: "Auto",
          zero_downtime_failover: "temporary",
        },
      });
      expect(balancer(1800).session_affinity_ttl).toBe(1800);
    },
  );

  it("can be destroyed when asked for", () => {
    expect(synthesizeEdge({ protectFromDestroy: false }).only("cloudflare_load_balancer").lifecycle).toEqual({
      prevent_destroy: false,
    });
  });
});

describe("the marker", () => {
  it.each(STORE_NAMES)("names %s in a form that running code understands", (active) => {
    const record = synthesizeEdge({ activeProvider: active }).only("cloudflare_dns_record");

    expect(record).toMatchObject({
      name: "_storage-failover.assets.example.com",
      type: "TXT",
      ttl: MARKER_TTL_SECONDS,
      content: `"active=${active}"`,
      proxied: false,
    });
    expect(parseMarker(String(record.content).slice(1, -1))).toEqual({ active, writesPaused: false });
  });
});

describe("zone rules", () => {
  it("serve the index document and hide the stamp, each rule with a ref", () => {
    const { ruleOf, resources } = synthesizeEdge();

    expect(ruleOf("http_request_transform")).toEqual([
      expect.objectContaining({
        ref: "storage-failover-index-assets-example-com",
        expression: '(http.host eq "assets.example.com" and http.request.uri.path eq "/")',
        action: "rewrite",
        action_parameters: { uri: { path: { value: "/index.html" } } },
      }),
    ]);
    expect(ruleOf("http_response_headers_transform")).toEqual([
      expect.objectContaining({
        ref: "storage-failover-stamp-assets-example-com",
        expression: '(http.host eq "assets.example.com")',
        action_parameters: { headers: { [STAMP_HEADER]: { operation: "remove" } } },
      }),
    ]);
    expect(Object.keys(resources.cloudflare_ruleset ?? {})).toHaveLength(3);
  });

  it("send the origin secret with readers' requests and with probes, by reference", () => {
    const { ruleOf, ofStore } = synthesizeEdge({}, true);

    expect(ruleOf("http_request_late_transform")).toEqual([
      expect.objectContaining({
        ref: "storage-failover-origin-secret-assets-example-com",
        action_parameters: { headers: { Referer: { operation: "set", value: "${var.origin_secret}" } } },
      }),
    ]);
    for (const store of STORE_NAMES) {
      expect(ofStore("cloudflare_load_balancer_monitor", store)[1].header).toEqual({
        Host: [exampleEdgeProps[store].originHost],
        Referer: ["${var.origin_secret}"],
      });
    }
  });

  it("preserve CORS and ranges: of all headers they touch the stamp and the Referer only", () => {
    const { resources } = synthesizeEdge({}, true);

    const headers = Object.values(resources.cloudflare_ruleset ?? {}).flatMap(({ rules }) =>
      (rules as { action_parameters: { headers?: object } }[]).flatMap(({ action_parameters }) =>
        Object.keys(action_parameters.headers ?? {}),
      ),
    );
    expect(headers.sort()).toEqual(["Referer", STAMP_HEADER]);
  });

  it("are left to a zone that has its own", () => {
    expect(synthesizeEdge({ manageZoneRules: false }).resources.cloudflare_ruleset).toBeUndefined();
  });
});

describe("cache rules", () => {
  const cacheSettings = (change: Partial<FailoverLoadBalancerProps> = {}) =>
    synthesizeEdge(change).ruleOf("http_request_cache_settings") as { action_parameters: object }[];

  it("let the objects decide, keep nothing stale, leave browsers and strong ETags alone", () => {
    expect(cacheSettings()).toEqual([
      {
        ref: "storage-failover-cache-assets-example-com",
        description: "The cache obeys the objects, not the defaults of the zone",
        expression: '(http.host eq "assets.example.com")',
        action: "set_cache_settings",
        action_parameters: {
          cache: true,
          edge_ttl: { mode: "bypass_by_default" },
          browser_ttl: { mode: "respect_origin" },
          respect_strong_etags: true,
          serve_stale: { disable_stale_while_updating: true },
        },
        enabled: true,
      },
      expect.objectContaining({ ref: "storage-failover-cache-bypass-assets-example-com" }),
    ]);
  });

  it("never keep the health object or replication's state: the last rule, which wins", () => {
    expect(cacheSettings({ plan: "business", edgeCacheSeconds: 60 }).at(-1)).toEqual({
      ref: "storage-failover-cache-bypass-assets-example-com",
      description: "Health and state are never kept",
      expression:
        '(http.host eq "assets.example.com" and (http.request.uri.path eq "/storage-failover-health.txt" or starts_with(http.request.uri.path, "/.storage-failover/")))',
      action: "set_cache_settings",
      action_parameters: { cache: false, browser_ttl: { mode: "respect_origin" } },
      enabled: true,
    });
  });

  it.each([
    ["business", 60, { cache: true, edge_ttl: { mode: "override_origin", default: 60 } }],
    [
      "enterprise",
      60,
      {
        cache: true,
        edge_ttl: {
          mode: "override_origin",
          default: 60,
          status_code_ttl: [{ status_code_range: { from: 400 }, value: -1 }],
        },
      },
    ],
    ["pro", 3600, { cache: true, edge_ttl: { mode: "override_origin", default: 3600 } }],
    ["free", 0, { cache: false }],
  ] as const)("on the %s plan with %i s are what was asked for", (plan, edgeCacheSeconds, parameters) => {
    expect(cacheSettings({ plan, edgeCacheSeconds })[0]?.action_parameters).toMatchObject(parameters);
  });

  it.each([{}, { edgeCacheSeconds: 3600 }, { edgeCacheSeconds: 0 }])(
    "preserve CORS and query strings: the key stays Cloudflare's, with Origin and query (%j)",
    (change) => {
      for (const { action_parameters } of cacheSettings(change)) {
        expect(action_parameters).not.toHaveProperty("cache_key");
      }
    },
  );

  it.each<[Partial<FailoverLoadBalancerProps>, string[]]>([
    [{ manageZoneRules: false }, []],
    [{ manageZoneRules: false, manageCacheRules: true }, ["http_request_cache_settings"]],
    [{ manageCacheRules: false }, ["http_request_transform", "http_response_headers_transform"]],
  ])("belong to whom the props say: %j leaves %j", (change, phases) => {
    const { resources, edge } = synthesizeEdge(change);

    const rulesets = Object.values(resources.cloudflare_ruleset ?? {});
    expect(rulesets.map(({ phase }) => String(phase)).sort()).toEqual(phases);
    expect(edge.cacheRules !== undefined).toBe(phases.includes("http_request_cache_settings"));
  });

  it("are values, so that a zone with rules of its own can hold the same", () => {
    expect(cacheRule("assets.example.com", { edgeCacheSeconds: 0 })).toMatchObject({
      ref: "storage-failover-cache-assets-example-com",
      actionParameters: { cache: false },
    });
    expect(cacheBypassRule("assets.example.com").expression).toContain('"/.storage-failover/"');
  });
});

describe("notifications", () => {
  it("tell everybody named about health and switches of both pools", () => {
    const { resources } = synthesizeEdge({ notificationEmails: ["one@example.com", "two@example.com"] });

    const policies = Object.values(resources.cloudflare_notification_policy ?? {});

    expect(policies.map((policy) => String(policy.alert_type)).sort()).toEqual([
      "load_balancing_health_alert",
      "load_balancing_pool_enablement_alert",
    ]);
    for (const policy of policies) {
      expect(policy.mechanisms).toEqual({ email: [{ id: "one@example.com" }, { id: "two@example.com" }] });
      expect(policy.filters).toMatchObject({
        pool_id: [
          expect.stringContaining("cloudflare_load_balancer_pool.edge_primary_pool"),
          expect.stringContaining("cloudflare_load_balancer_pool.edge_secondary_pool"),
        ],
      });
    }
  });

  it("call webhooks and alert PagerDuty, in the same two policies", () => {
    const webhook = "0".repeat(32);
    const service = "00000000-0000-0000-0000-00000000000a";
    const { resources } = synthesizeEdge({
      plan: "pro",
      accountPlan: "business",
      notificationWebhookIds: [webhook],
      notificationPagerdutyIds: [service],
    });

    const policies = Object.values(resources.cloudflare_notification_policy ?? {});

    expect(policies).toHaveLength(2);
    for (const { mechanisms } of policies) {
      expect(mechanisms).toEqual({ webhooks: [{ id: webhook }], pagerduty: [{ id: service }] });
    }
  });

  it.each([[undefined], [[]]])("are not made for nobody (%j)", (notificationEmails) => {
    expect(synthesizeEdge({ notificationEmails }).resources.cloudflare_notification_policy).toBeUndefined();
  });
});
