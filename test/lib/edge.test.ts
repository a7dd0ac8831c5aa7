import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider";
import { describe, expect, it } from "@jest/globals";
import { App, TerraformStack, TerraformVariable, Testing } from "cdktf";
import { MARKER_TTL_SECONDS, parseMarker } from "../../contract/marker";
import { STAMP_HEADER } from "../../contract/stamp";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { FailoverLoadBalancer, type FailoverLoadBalancerProps } from "../../lib/edge/failover-load-balancer";
import { exampleEdgeProps } from "./example-stores";
import { synthesizedResources } from "./synthesized-resources";
import { temporaryFolder } from "./temporary-folder";

const outdir = temporaryFolder();

/** A stack of its own around the construct, synthesized with validations. */
function synthesizeEdge(change: Partial<FailoverLoadBalancerProps> = {}, secret = false) {
  const stack = new TerraformStack(new App({ outdir }), "edge");
  new CloudflareProvider(stack, "cloudflare", {});
  const variable = new TerraformVariable(stack, "origin_secret", { type: "string", sensitive: true });
  const edge = new FailoverLoadBalancer(stack, "edge", {
    ...exampleEdgeProps,
    ...(secret ? { originSecret: variable.stringValue } : {}),
    ...change,
  });
  const { resources, only } = synthesizedResources(Testing.synth(stack, true));
  const ofStore = (type: string, store: StoreName) =>
    Object.entries(resources[type] ?? {}).find(([name]) => name.startsWith(`edge_${store}_`)) ?? ["", {}];
  const ruleOf = (phase: string) =>
    Object.values(resources.cloudflare_ruleset ?? {}).find((ruleset) => ruleset.phase === phase)?.rules;
  return { edge, resources, only, ofStore, ruleOf };
}

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
        ref: "storage-failover-index",
        expression: '(http.host eq "assets.example.com" and http.request.uri.path eq "/")',
        action: "rewrite",
        action_parameters: { uri: { path: { value: "/index.html" } } },
      }),
    ]);
    expect(ruleOf("http_response_headers_transform")).toEqual([
      expect.objectContaining({
        ref: "storage-failover-stamp",
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
        ref: "storage-failover-origin-secret",
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

  it("are left to a zone that has its own", () => {
    expect(synthesizeEdge({ manageZoneRules: false }).resources.cloudflare_ruleset).toBeUndefined();
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

  it.each([[undefined], [[]]])("are not made for nobody (%j)", (notificationEmails) => {
    expect(synthesizeEdge({ notificationEmails }).resources.cloudflare_notification_policy).toBeUndefined();
  });
});

it("never writes what Cloudflare does not store: port 0, 0 in a row, empty maps", () => {
  const values: [string, unknown][] = [];
  JSON.stringify(
    synthesizeEdge({ notificationEmails: ["one@example.com"] }).resources,
    (key, value: unknown) => {
      values.push([key, value]);
      return value;
    },
  );

  expect(values.filter(([key, value]) => /^(port|consecutive_)/.test(key) && value === 0)).toEqual([]);
  expect(values.filter(([, value]) => JSON.stringify(value) === "{}")).toEqual([]);
});
