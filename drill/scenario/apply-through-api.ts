import { request } from "undici";
import { type Item, isItem, listOf, replaced } from "../cloudflare/api-request";

export interface ApiAccess {
  readonly baseUrl: string;
  readonly token: string;
}

/** Cloudflare's API refused what Terraform asks for, or could not be reached. */
export class ApplyFailedError extends Error {
  public override readonly name = "ApplyFailedError";
}

const REFERENCE = /^\$\{([a-z_]+)\.([^.]+)\.id\}$/;

/**
 * Brings the marker and the load balancer to what a synthesized edge stack says, in the order in which Terraform does:
 * the load balancer depends on the marker. Two changes in place, and what is equal is left alone.
 *
 * @throws ApplyFailedError
 */
export async function applyThroughApi(api: ApiAccess, stack: unknown): Promise<void> {
  const records = planned(stack, "cloudflare_dns_record").filter(([, { type }]) => type === "TXT");
  for (const [, { zone_id: zone, name, content }] of records) {
    const live = await only(api, `/zones/${String(zone)}/dns_records`, { name: String(name), type: "TXT" });
    await patch(api, `/zones/${String(zone)}/dns_records/${String(live.id)}`, live, { content });
  }
  const ids = new Map<string, string>();
  for (const [key, pool] of planned(stack, "cloudflare_load_balancer_pool")) {
    const live = await only(api, `/accounts/${String(pool.account_id)}/load_balancers/pools`, {
      name: String(pool.name),
    });
    ids.set(key, String(live.id));
  }
  for (const [, { zone_id: zone, name, default_pools, fallback_pool, region_pools }] of planned(
    stack,
    "cloudflare_load_balancer",
  )) {
    const path = `/zones/${String(zone)}/load_balancers`;
    const live = await only(api, path, { name: String(name) });
    const wanted = { default_pools, fallback_pool, ...(region_pools === undefined ? {} : { region_pools }) };
    await patch(api, `${path}/${String(live.id)}`, live, resolved(wanted, ids) as Item);
  }
}

function planned(stack: unknown, type: string): readonly (readonly [string, Item])[] {
  const resources = isItem(stack) && isItem(stack.resource) ? stack.resource[type] : undefined;
  return Object.entries(isItem(resources) ? resources : {}).flatMap(([key, resource]) =>
    isItem(resource) ? [[key, resource] as const] : [],
  );
}

/** A copy with the ids that the API gave in place of Terraform's references. */
function resolved(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  return replaced(value, (text) => ids.get(REFERENCE.exec(text)?.[2] ?? "") ?? text);
}

async function only(api: ApiAccess, path: string, filter: Readonly<Record<string, string>>): Promise<Item> {
  const found = await call(api, "GET", `${path}?${new URLSearchParams(filter).toString()}`);
  const item = listOf(found).find((one) =>
    Object.entries(filter).every(([name, value]) => one[name] === value),
  );
  if (item === undefined) throw new ApplyFailedError(`${path} has nothing with ${JSON.stringify(filter)}`);
  return item;
}

async function patch(api: ApiAccess, path: string, live: Item, wanted: Item): Promise<void> {
  const changed = Object.entries(wanted).filter(
    ([name, value]) => JSON.stringify(live[name]) !== JSON.stringify(value),
  );
  if (changed.length > 0) await call(api, "PATCH", path, Object.fromEntries(changed));
}

async function call(
  { baseUrl, token }: ApiAccess,
  method: "GET" | "PATCH",
  path: string,
  body?: Item,
): Promise<unknown> {
  const answer = await request(`${baseUrl.replace(/\/$/, "")}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  }).catch((error: unknown) => {
    throw new ApplyFailedError(`${method} ${path}: not reached`, { cause: error });
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 200) throw new ApplyFailedError(`${method} ${path}: status ${answer.statusCode}`);
  const envelope: unknown = JSON.parse(text);
  return isItem(envelope) ? envelope.result : undefined;
}
