import { createHash } from "node:crypto";
import { type Item, listOf } from "./api-request";

/** Ids look as Cloudflare's do, and are the same in every run. */
export function stableId(name: string): string {
  return createHash("md5").update(name).digest("hex");
}

/**
 * What the API adds by itself to what it is given, by the kind of thing. Origins come back sorted by name, and a
 * record's content as it was sent.
 *
 * @param path - of the item
 * @param now - ISO 8601
 */
export function withServerFields(path: string, item: Item, now: string): Item {
  const kept = { created_on: now, ...item, modified_on: now };
  if (path.includes("/rulesets")) {
    const rules = listOf(item.rules).map((rule) => ({
      // A rule is the same one for as long as its ref is.
      id: stableId(String(rule.ref)),
      version: "1",
      last_updated: now,
      ...rule,
    }));
    return { ...item, rules, last_updated: now, version: "1" };
  }
  if (path.includes("/pools")) {
    const origins = listOf(item.origins).toSorted((one, other) =>
      String(one.name).localeCompare(String(other.name)),
    );
    return { ...kept, origins, networks: ["cloudflare"] };
  }
  if (path.includes("/policies")) return { ...item, created: now, modified: now };
  if (path.includes("/dns_records")) return { ...kept, proxiable: false, settings: {}, tags: [], meta: {} };
  return kept;
}
