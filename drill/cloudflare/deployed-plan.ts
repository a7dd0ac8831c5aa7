import type { CloudflareAccount } from "./account";
import { type Item, isItem, replaced } from "./api-request";
import { stableId } from "./server-fields";

/** Where the API keeps what a resource stands for: of an account or of a zone, and under what. */
const COLLECTIONS: Readonly<Record<string, readonly ["accounts" | "zones", string]>> = {
  cloudflare_load_balancer_monitor: ["accounts", "load_balancers/monitors"],
  cloudflare_load_balancer_pool: ["accounts", "load_balancers/pools"],
  cloudflare_load_balancer: ["zones", "load_balancers"],
  cloudflare_dns_record: ["zones", "dns_records"],
  cloudflare_ruleset: ["zones", "rulesets"],
  cloudflare_notification_policy: ["accounts", "alerting/v3/policies"],
};

/** Of Terraform, or in the path. */
const NOT_SENT = new Set(["//", "lifecycle", "depends_on", "provider", "account_id", "zone_id"]);

/** What people change by hand without a word of it in the plan. */
const CHANGED_BY_HAND = ["enabled"];

interface DeployedResource {
  readonly type: string;
  readonly name: string;
  readonly path: string;
  /** As in `${cloudflare_load_balancer_pool.x.id}`. */
  readonly reference: string;
  readonly id: string;
  readonly planned: Item;
}

/** A synthesized edge stack as it stands at Cloudflare once it is deployed, and what has become of it since. */
export class DeployedPlan {
  private readonly resources: readonly DeployedResource[];

  /**
   * Deploys it: everything is in the account afterwards.
   *
   * @param stack - the parsed `cdk.tf.json`
   */
  constructor(
    private readonly stack: unknown,
    private readonly account: CloudflareAccount,
  ) {
    this.resources = deployedResources(stack);
    const ids = new Map(this.resources.map(({ reference, id }) => [reference, id]));
    for (const { path, id, planned } of this.resources) {
      const sent = Object.entries(planned).filter(([key]) => !NOT_SENT.has(key));
      const body = replaced(Object.fromEntries(sent), (text) => ids.get(text) ?? text);
      account.put(path, { ...(isItem(body) ? body : {}), id });
    }
    for (const [zoneId, zone] of zonesOf(this.resources)) account.put(`/zones/${zoneId}`, zone);
  }

  /** The stack as if it had been synthesized with the values that the account has now. */
  public asStack(): unknown {
    const references = new Map(this.resources.map(({ reference, id }) => [id, reference]));
    const resource: Record<string, Record<string, unknown>> = {};
    for (const { type, name, path, planned } of this.resources) {
      const item = this.account.get(path);
      if (item === undefined) continue;
      const keys = [...Object.keys(planned), ...CHANGED_BY_HAND].filter((key) => key in item);
      const values = Object.fromEntries(keys.map((key) => [key, item[key]]));
      resource[type] ??= {};
      resource[type][name] = {
        ...planned,
        ...(replaced(values, (text) => references.get(text) ?? text) as Item),
      };
    }
    return { ...(isItem(this.stack) ? this.stack : {}), resource };
  }
}

function deployedResources(stack: unknown): readonly DeployedResource[] {
  const types = isItem(stack) && isItem(stack.resource) ? stack.resource : {};
  return Object.entries(types).flatMap(([type, named]) => {
    const [place, collection] = COLLECTIONS[type] ?? [];
    if (place === undefined || !isItem(named)) return [];
    return Object.entries(named).flatMap(([name, planned]) => {
      if (!isItem(planned)) return [];
      const id = stableId(`${type}.${name}`);
      const owner = String(place === "zones" ? planned.zone_id : planned.account_id);
      const path = `/${place}/${owner}/${collection}/${id}`;
      return [{ type, name, path, reference: `\${${type}.${name}.id}`, id, planned }];
    });
  });
}

/** The zones that resources are in. Their names are not in the plan: taken to be the last two labels of a host name. */
function zonesOf(resources: readonly DeployedResource[]): ReadonlyMap<string, Item> {
  const account = resources.map(({ planned }) => planned.account_id).find((id) => typeof id === "string");
  return new Map(
    resources.flatMap(({ type, planned }) =>
      type === "cloudflare_load_balancer" && typeof planned.zone_id === "string"
        ? [
            [
              planned.zone_id,
              {
                id: planned.zone_id,
                name: String(planned.name).split(".").slice(-2).join("."),
                status: "active",
                account: { id: account },
              },
            ] as const,
          ]
        : [],
    ),
  );
}
