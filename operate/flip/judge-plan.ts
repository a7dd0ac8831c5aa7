import { isDeepStrictEqual } from "node:util";
import { field } from "../field";
import { isObject } from "../runbook/plan-walk";

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
  const all = field(shown, "resource_changes");
  const changes = (Array.isArray(all) ? all : []).filter((one) => actionsOf(one).some(isAction));
  return {
    changes: changes.map(addressOf),
    beyond: changes.flatMap((change) => {
      const actions = actionsOf(change);
      if (actions.join() !== "update") return [`${addressOf(change)}: ${actions.join(" and ")}`];
      const allowed = CHANGED_BY_A_FLIP[String(field(change, "type"))] ?? [];
      return changedKeys(field(change, "change"))
        .filter((key) => !allowed.includes(key))
        .map((key) => `${addressOf(change)}: changes ${key}`);
    }),
  };
}

/** Arguments whose new value is known and another one. */
function changedKeys(change: unknown): readonly string[] {
  const after = field(change, "after");
  if (typeof after !== "object" || after === null) return ["everything"];
  return Object.keys(after).filter(
    (key) =>
      !FILLED_IN.has(key) &&
      isChanged(
        field(field(change, "before"), key),
        field(after, key),
        field(field(change, "after_unknown"), key),
      ),
  );
}

/** What is known only after the apply is the provider's to fill in, however deep in an argument it stands. */
function isChanged(before: unknown, after: unknown, unknown: unknown): boolean {
  if (unknown === true) return false;
  if (isObject(before) && isObject(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].some((key) => isChanged(before[key], after[key], field(unknown, key)));
  }
  return !isDeepStrictEqual(before ?? null, after ?? null);
}

function actionsOf(change: unknown): readonly string[] {
  const actions = field(field(change, "change"), "actions");
  return Array.isArray(actions) ? actions.map(String) : [];
}

function isAction(action: string): boolean {
  return action !== "no-op" && action !== "read";
}

function addressOf(change: unknown): string {
  return String(field(change, "address"));
}
