import {
  type Block,
  blocksOf,
  listOf,
  type PlannedResource,
  referencesIn,
  resourcesOfType,
} from "./plan-reading";
import type { PlanRuleId } from "./plan-rules";
import type { Violation } from "./violation";

const SSH_PORT = 22;

/** That the droplet is reached on the ports that it serves, by those who may, and that its own name is not proxied. */
export function dropletViolations(plan: Block): readonly Violation[] {
  const firewalls = resourcesOfType(plan, "digitalocean_firewall");
  const broken = (rule: PlanRuleId, keeps: (values: Block) => boolean) =>
    firewalls.filter(({ values }) => !keeps(values)).map(({ address }) => ({ rule, address }));
  return [
    ...broken("firewall-ssh-closed", ({ inbound_rule }) => !blocksOf(inbound_rule).some(opensSsh)),
    ...broken("firewall-web-ports-only", ({ inbound_rule }) =>
      blocksOf(inbound_rule).every(
        ({ protocol, port_range }) =>
          protocol === "tcp" && ["80", "443", String(SSH_PORT)].includes(String(port_range)),
      ),
    ),
    ...broken(
      "firewall-outbound-explicit",
      ({ outbound_rule }) =>
        blocksOf(outbound_rule).length > 0 &&
        blocksOf(outbound_rule).every(
          ({ protocol, port_range }) => protocol === "icmp" || /^[1-9]\d*$/.test(String(port_range)),
        ),
    ),
    ...resourcesOfType(plan, "digitalocean_droplet")
      .filter((droplet) => !firewalls.some((firewall) => covers(firewall, droplet)))
      .map(({ address }) => ({ rule: "droplet-behind-firewall", address }) as const),
    ...resourcesOfType(plan, "cloudflare_dns_record")
      .filter(
        ({ values: { content, proxied } }) =>
          proxied === true && referencesIn(content).some((address) => address.startsWith("digitalocean_")),
      )
      .map(({ address }) => ({ rule: "origin-record-not-proxied", address }) as const),
  ];
}

function opensSsh({ protocol, port_range, source_addresses }: Block): boolean {
  const fromAnywhere = listOf(source_addresses).some((range) => String(range).endsWith("/0"));
  return protocol === "tcp" && fromAnywhere && includesPort(String(port_range), SSH_PORT);
}

/** As DigitalOcean writes them: `22`, `8000-9000`, and `all` or `0` for every port. */
function includesPort(range: string, port: number): boolean {
  const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  if (first === undefined || range === "0") {
    return true;
  }
  return Number(first) <= port && port <= Number(last ?? first);
}

function covers({ values }: PlannedResource, droplet: PlannedResource): boolean {
  const tags = listOf(droplet.values.tags);
  return (
    referencesIn(values.droplet_ids).includes(droplet.address) ||
    listOf(values.tags).some((tag) => tags.includes(tag))
  );
}
