import { isObject, member, textAt } from "../../operate/runbook/plan-walk";

/** What a saved plan would do. */
export interface PlanSummary {
  readonly add: number;
  readonly change: number;
  /** Addresses of what would be destroyed, or destroyed and made anew. */
  readonly destroyed: readonly string[];
  /** Whether anything at all changes, outputs included. */
  readonly isEmpty: boolean;
}

/** Reads `terraform show -json <plan>`. */
export function planSummary(shown: unknown): PlanSummary {
  const changes = listOf(isObject(shown) ? shown.resource_changes : undefined);
  const actions = changes.map((change) => ({
    address: textAt(change, "address") ?? "",
    actions: actionsOf(change),
  }));
  const having = (word: string) => actions.filter((one) => one.actions.includes(word));
  const outputs = Object.values(member(shown, "output_changes"));
  const outputsChange = outputs.some((one) => isObject(one) && changesAnything(listedWords(one.actions)));
  return {
    add: having("create").length,
    change: having("update").length,
    destroyed: having("delete").map(({ address }) => address),
    isEmpty: !outputsChange && !actions.some((one) => changesAnything(one.actions)),
  };
}

/** As Terraform says it. */
export function planInWords({ add, change, destroyed, isEmpty }: PlanSummary): string {
  if (isEmpty) return "nothing to do";
  return `${add} to add, ${change} to change, ${destroyed.length} to destroy`;
}

/** The same once it was applied. */
export function doneInWords({ add, change, destroyed }: PlanSummary): string {
  return `${add} added, ${change} changed, ${destroyed.length} destroyed`;
}

function actionsOf(change: unknown): readonly string[] {
  return listedWords(member(change, "change").actions);
}

function changesAnything(actions: readonly string[]): boolean {
  return actions.some((action) => action !== "no-op" && action !== "read");
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function listedWords(value: unknown): readonly string[] {
  return listOf(value).map(String);
}
