import { isDeepStrictEqual } from "node:util";

/** What a flip may change, by resource type; lists by region may be kept at Cloudflare and are not moved. */
const CHANGED_BY_A_FLIP: Readonly<Record<string, readonly string[]>> = {
  cloudflare_dns_record: ["content"],
  cloudflare_load_balancer: ["default_pools", "fallback_pool"],
};

/** What the provider fills in by itself, and tells as changed on every update. */
const FILLED_IN = new Set(["modified_on", "created_on", "comment_modified_on", "tags_modified_on"]);

export interface FlipPlanVerdict {
  /** Resources that the plan changes, as a flip does. */
  readonly changes: readonly string[];
  /** What it would do beside that, each in a few words; then it must not be applied as a flip. */
  readonly beyond: readonly string[];
}

/** Reads `terraform show -json <plan>`: does it flip, and nothing else? Outputs may follow. */
export function judgeFlipPlan(shown: unknown): FlipPlanVerdict {
  const all = at(shown, "resource_changes");
  const changes = (Array.isArray(all) ? all : []).filter((one) => actionsOf(one).some(isAction));
  return {
    changes: changes.map(addressOf),
    beyond: changes.flatMap((change) => {
      const actions = actionsOf(change);
      if (actions.join() !== "update") return [`${addressOf(change)}: ${actions.join(" and ")}`];
      const allowed = CHANGED_BY_A_FLIP[String(at(change, "type"))] ?? [];
      return changedKeys(at(change, "change"))
        .filter((key) => !allowed.includes(key))
        .map((key) => `${addressOf(change)}: changes ${key}`);
    }),
  };
}

/** Arguments whose new value is known and another one. */
function changedKeys(change: unknown): readonly string[] {
  const after = at(change, "after");
  if (typeof after !== "object" || after === null) return ["everything"];
  return Object.keys(after).filter(
    (key) =>
      !FILLED_IN.has(key) &&
      isChanged(at(at(change, "before"), key), at(after, key), at(at(change, "after_unknown"), key)),
  );
}

/** What is known only after the apply is the provider's to fill in, however deep in an argument it stands. */
function isChanged(before: unknown, after: unknown, unknown: unknown): boolean {
  if (unknown === true) return false;
  if (isPlainObject(before) && isPlainObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].some((key) => isChanged(before[key], after[key], at(unknown, key)));
  }
  return !isDeepStrictEqual(before ?? null, after ?? null);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function actionsOf(change: unknown): readonly string[] {
  const actions = at(at(change, "change"), "actions");
  return Array.isArray(actions) ? actions.map(String) : [];
}

function isAction(action: string): boolean {
  return action !== "no-op" && action !== "read";
}

function addressOf(change: unknown): string {
  return String(at(change, "address"));
}

function at(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
