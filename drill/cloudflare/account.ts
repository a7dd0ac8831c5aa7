import { type ApiAnswer, type ApiRequest, answered, type Item, isItem, refused } from "./api-request";
import { listed } from "./listing";
import { stableId, withServerFields } from "./server-fields";

/** Of an account, what is kept under a path of this kind may be listed, made, read, changed and removed. */
const COLLECTION =
  /^\/(?:zones|accounts\/[^/]+\/load_balancers\/(?:pools|monitors)|accounts\/[^/]+\/alerting\/v3\/policies|zones\/[^/]+\/(?:load_balancers|dns_records|rulesets))$/;

const NOT_FOUND = refused(404, 1000, "not found");

/** What an account and its zones hold, by path, and what the API does with it. */
export class CloudflareAccount {
  private readonly items = new Map<string, Item>();

  /** @param now - ISO 8601, for what the API dates */
  constructor(private readonly now: () => string) {}

  public get(path: string): Item | undefined {
    return this.items.get(path);
  }

  /** Puts a thing there without asking the API's rules. */
  public put(path: string, item: Item): void {
    this.items.set(path, path.split("/").length > 3 ? withServerFields(path, item, this.now()) : item);
  }

  public answer(request: ApiRequest): ApiAnswer {
    const { method, path, query } = request;
    if (COLLECTION.test(path)) {
      if (method === "GET") return listed(this.itemsUnder(path), query);
      return method === "POST" ? this.create(request) : refused(405, 10405, "Method not allowed");
    }
    const item = this.items.get(path);
    if (item === undefined) return NOT_FOUND;
    if (method === "GET") return answered(item);
    return method === "DELETE" ? this.remove(path, item) : this.change(request, item);
  }

  private itemsUnder(collection: string): readonly Item[] {
    return [...this.items]
      .filter(([path]) => path.slice(0, path.lastIndexOf("/")) === collection)
      .map(([, item]) => item);
  }

  private create({ path, body, number }: ApiRequest): ApiAnswer {
    const refusal = this.refusal(path, body);
    if (refusal !== undefined) return refusal;
    const id = stableId(`${path} ${number}`);
    const created = withServerFields(path, { ...body, id }, this.now());
    this.items.set(`${path}/${id}`, created);
    return answered(created);
  }

  private change({ method, path, body }: ApiRequest, item: Item): ApiAnswer {
    const next = method === "PATCH" ? { ...item, ...body } : { ...body, id: item.id };
    const refusal = this.refusal(path, next);
    if (refusal !== undefined) return refusal;
    const changed = withServerFields(path, { created_on: item.created_on, ...next }, this.now());
    this.items.set(path, changed);
    return answered(changed);
  }

  private remove(path: string, item: Item): ApiAnswer {
    const using = [...this.items].find(
      ([other, one]) => other !== path && isInUse(other, one, String(item.id)),
    );
    if (using !== undefined)
      return refused(412, 1005, `cannot delete: referenced by ${String(using[1].name)}`);
    this.items.delete(path);
    return answered({ id: item.id });
  }

  /** A load balancer of pools that do not exist is none. */
  private refusal(path: string, item: Item): ApiAnswer | undefined {
    if (!/^\/zones\/[^/]+\/load_balancers/.test(path)) return undefined;
    const known = new Set([...this.items.values()].map(({ id }) => id));
    const missing = poolIdsOf(item).find((id) => !known.has(id));
    if (missing !== undefined)
      return refused(400, 1002, `default_pools: pool ${missing} not found: validation failed`);
    return poolIdsOf(item).length < 2
      ? refused(400, 1002, "default_pools and fallback_pool are required: validation failed")
      : undefined;
  }
}

/** Every pool that a load balancer names. */
function poolIdsOf(loadBalancer: Item): readonly string[] {
  const { default_pools: order, fallback_pool: fallback, region_pools: regions } = loadBalancer;
  const lists = isItem(regions) ? Object.values(regions) : [];
  return [order, ...lists, [fallback]].flat(2).filter((id) => typeof id === "string");
}

function isInUse(path: string, item: Item, id: string): boolean {
  return path.includes("/load_balancers") && (poolIdsOf(item).includes(id) || item.monitor === id);
}
