import { formatMarker } from "../../contract/marker";
import { otherStore, type StoreName } from "../../contract/stores";
import type { EdgeFacts } from "../edge-facts";
import type { Deployment } from "./deployment";
import { code, link, shell, table } from "./markdown";
import { stackNames } from "./read-deployment";

const API = "https://api.cloudflare.com/client/v4";

/** What is down, and what to do instead: section 6. */
export function withoutTools(deployment: Deployment, facts: EdgeFacts | undefined): string {
  return [outages(deployment), "", ...byHand(deployment, facts)].join("\n");
}

function outages({ state, stackPrefix }: Deployment): string {
  const { edge } = stackNames(stackPrefix);
  return table(
    ["down", "look", "do instead"],
    [
      [
        "GitHub, or the pipeline",
        link("status", "https://www.githubstatus.com"),
        `way A or B of 3.4, from any clone that has the deployed commit. Afterwards the branch follows by ${code("--via config")}`,
      ],
      [
        "Terraform's registry, HashiCorp's version check, npm",
        link("status", "https://status.hashicorp.com"),
        `way A; or B with ${code("export TF_CLI_CONFIG_FILE=$PWD/.storage-failover/terraform.rc CHECKPOINT_DISABLE=1")}`,
      ],
      [
        `Terraform's state${state === undefined ? "" : ` (${state.bucket})`}, or it is locked`,
        link("status", "https://www.cloudflarestatus.com"),
        `way A. A lock that nobody holds: ${code(`terraform -chdir=cdktf.out/stacks/${edge} force-unlock <id>`)}`,
      ],
      ["This command line, or Node", "–", "by hand, below: curl is enough"],
      [
        "AWS, all of it",
        link("status", "https://health.aws.amazon.com/health/status"),
        `section 3 asks nothing of it. The lag is read from the standby with its key pair in ${code("SECONDARY_ACCESS_KEY_ID")} and ${code("SECONDARY_SECRET_ACCESS_KEY")}; without it, accept the loss`,
      ],
      [
        "DigitalOcean, or the droplet",
        link("status", "https://status.digitalocean.com"),
        "with the primary active: nothing to do tonight. With the secondary active: section 3, to primary",
      ],
      [
        "Cloudflare's dashboard",
        link("status", "https://www.cloudflarestatus.com"),
        "way A or by hand: the API often stands when the dashboard does not",
      ],
      [
        "Cloudflare's API and dashboard",
        link("status", "https://www.cloudflarestatus.com"),
        "no flip is possible. Reads still move by health; writers wait. Say so (message 1), try every ten minutes. **Do not point writers at the standby by other means**: when Cloudflare is back, the marker still says the old store, and both sides are written",
      ],
      [
        "Cloudflare's edge",
        link("status", "https://www.cloudflarestatus.com"),
        "readers reach neither store by this name. Nothing here helps; both stores go on",
      ],
      ["Slack, PagerDuty, mail", "–", "telephone. The roles are in section 2"],
    ],
  );
}

function byHand(deployment: Deployment, facts: EdgeFacts | undefined): readonly string[] {
  const title = "### By hand: two requests, in this order";
  if (facts === undefined) {
    return [
      title,
      "",
      `**The ids are not known.** Run ${code("storage-failover facts")} on a quiet day and write this runbook anew. Until then: dashboard, DNS, the record ${code(deployment.marker.name)}; then Traffic, Load Balancing, ${code(deployment.hostname)}, the order of the pools and the fallback pool.`,
    ];
  }
  return [
    title,
    "",
    "First the marker, then the load balancer: never the other way round. Each answer must say that `success` is `true`. Nothing is checked and no writer is paused: it is a failover, so 3.5 to 3.7 follow, and 4.2 for what the other store had not handed over.",
    ...(deployment.hasRegionPools
      ? [
          "",
          "This load balancer has lists by region besides: exchange the two pools in each of them too, in the dashboard. Way A does it by itself.",
        ]
      : []),
    "",
    "To the secondary:",
    "",
    shell(...requests(facts, "secondary")),
    "",
    "To the primary:",
    "",
    shell(...requests(facts, "primary")),
    "",
    `In the dashboard it is the same two: ${link("DNS records", "https://dash.cloudflare.com/?to=/:account/:zone/dns/records")}, the TXT record ${code(facts.marker.name)}; then ${link("Load Balancing", "https://dash.cloudflare.com/?to=/:account/load-balancing")}, ${code(facts.hostname)}: pool ${code(facts.pools.secondary.name)} or ${code(facts.pools.primary.name)} first, and as fallback.`,
  ];
}

function requests(facts: EdgeFacts, active: StoreName): readonly string[] {
  const { zoneId, loadBalancerId, marker, pools } = facts;
  const [first, second] = [pools[active].id, pools[otherStore(active)].id];
  const content = JSON.stringify({ content: `"${formatMarker({ active, writesPaused: false })}"` });
  const order = JSON.stringify({ default_pools: [first, second], fallback_pool: first });
  return [
    ...patch(`${API}/zones/${zoneId}/dns_records/${marker.recordId}`, content),
    ...patch(`${API}/zones/${zoneId}/load_balancers/${loadBalancerId}`, order),
  ];
}

function patch(url: string, body: string): readonly string[] {
  return [
    `curl -sS -w '\\n' -X PATCH -H "Authorization: Bearer $CLOUDFLARE_API_TOKEN" -H "Content-Type: application/json" \\`,
    `  ${url} \\`,
    `  --data '${body}'`,
  ];
}
