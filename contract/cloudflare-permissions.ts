/** Groups of Cloudflare's API, by how their paths go on after the account or the zone, and what its dashboard calls the right to them. */
const GROUPS = [
  { scope: "account", path: "load_balancers/", name: "Load Balancing: Monitors and Pools" },
  { scope: "account", path: "alerting/", name: "Notifications" },
  { scope: "zone", path: "load_balancers", name: "Load Balancers" },
  { scope: "zone", path: "dns_records", name: "DNS" },
  { scope: "zone", path: "rulesets", name: "Zone Rules" },
  { scope: "zone", path: "", name: "Zone" },
] as const;

/** What a token needs for a request, as in `zone, DNS, Edit`. */
export interface CloudflarePermission {
  readonly scope: (typeof GROUPS)[number]["scope"];
  readonly name: (typeof GROUPS)[number]["name"];
  readonly level: "Read" | "Edit";
}

/**
 * The permission that a request needs; undefined where any valid token may ask, or where nothing is known of the path.
 *
 * @param path - without the base URL, as in `/zones/<id>/dns_records`
 */
export function cloudflarePermissionFor(method: string, path: string): CloudflarePermission | undefined {
  const [, place, rest = ""] = /^\/?(accounts|zones)(?:\/[^/]+)?(?:\/(.*))?$/.exec(path) ?? [];
  const scope = place === "accounts" ? "account" : "zone";
  const group = place && GROUPS.find((one) => one.scope === scope && rest.startsWith(one.path));
  if (!group || (group.path === "" && rest !== "")) return undefined;
  return { scope, name: group.name, level: method === "GET" ? "Read" : "Edit" };
}

/** As in `DNS: Edit (zone)`. */
export function cloudflarePermissionText({ scope, name, level }: CloudflarePermission): string {
  return `${name}: ${level} (${scope})`;
}
