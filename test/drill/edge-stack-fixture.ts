/** A hand-made `edge` stack in the shape that cdktf writes, small enough to change one thing at a time. */
export function edgeStackJson(active: "primary" | "secondary" = "primary") {
  const standby = active === "primary" ? "secondary" : "primary";
  return {
    resource: {
      cloudflare_load_balancer: {
        edge_load_balancer: {
          name: "assets.example.com",
          zone_id: "zone",
          proxied: true,
          steering_policy: "off",
          adaptive_routing: { failover_across_pools: true },
          default_pools: [poolReference(active), poolReference(standby)],
          fallback_pool: poolReference(active),
        },
      },
      cloudflare_load_balancer_pool: { primary_pool: pool("primary"), secondary_pool: pool("secondary") },
      cloudflare_load_balancer_monitor: {
        primary_monitor: monitor("primary"),
        secondary_monitor: monitor("secondary"),
      },
      cloudflare_dns_record: {
        marker: {
          name: "_storage-failover.assets.example.com",
          type: "TXT",
          ttl: 60,
          content: `"active=${active}"`,
          zone_id: "zone",
        },
      },
      cloudflare_ruleset: {
        index_rewrite: {
          phase: "http_request_transform",
          kind: "zone",
          rules: [
            {
              ref: "index",
              action: "rewrite",
              expression: '(http.host eq "assets.example.com" and http.request.uri.path eq "/")',
              action_parameters: { uri: { path: { value: "/index.html" } } },
            },
          ],
        },
        stamp_removal: {
          phase: "http_response_headers_transform",
          kind: "zone",
          rules: [
            {
              ref: "stamp",
              action: "rewrite",
              expression: 'http.host eq "assets.example.com"',
              action_parameters: {
                headers: { "X-Amz-Meta-Storage-Failover-Stamp": { operation: "remove" } },
              },
            },
          ],
        },
      },
    },
  };
}

function poolReference(store: string): string {
  return `\${cloudflare_load_balancer_pool.${store}_pool.id}`;
}

function pool(store: string) {
  return {
    account_id: "account",
    name: `assets-${store}`,
    enabled: true,
    minimum_origins: 1,
    check_regions: ["WEU"],
    monitor: `\${cloudflare_load_balancer_monitor.${store}_monitor.id}`,
    origins: [
      {
        name: store,
        address: `${store}-origin.example.com`,
        enabled: true,
        header: { host: [`${store}-origin.example.com`] },
      },
    ],
  };
}

function monitor(store: string) {
  return {
    account_id: "account",
    type: "https",
    method: "GET",
    path: "/storage-failover-health.txt",
    port: 443,
    interval: 60,
    timeout: 5,
    retries: 2,
    consecutive_up: 1,
    consecutive_down: 1,
    expected_body: `storage-failover ${store} is healthy`,
    expected_codes: "200",
    header: { Host: [`${store}-origin.example.com`] },
  };
}
