import { isDeepStrictEqual } from "node:util";
import { type Block, blockAt, type PlannedResource, resourcesOf } from "./plan-reading";
import type { Violation } from "./violation";

/** What a flip may change, by resource type. */
const CHANGED_BY_A_FLIP: Readonly<Record<string, readonly string[]>> = {
  cloudflare_load_balancer: ["default_pools", "fallback_pool", "region_pools"],
  cloudflare_dns_record: ["content"],
};

/**
 * What a flip would do to one stack besides what a flip is for, from the stack's synthesized JSON before and after
 * the change of `activeProvider`. A stack without a load balancer may not change at all.
 */
export function flipViolations(before: Block, after: Block): readonly Violation[] {
  const old = byAddress(before);
  const neu = byAddress(after);
  const addresses = [...new Set([...old.keys(), ...neu.keys()])];
  return [
    ...addresses
      .filter((address) => !(old.has(address) && neu.has(address)))
      .map((address) => ({ rule: "flip-in-place", address }) as const),
    ...addresses
      .filter((address) => changesMore(old.get(address), neu.get(address)))
      .map((address) => ({ rule: "flip-order-and-marker-only", address }) as const),
    ...changedSections(before, after).map(
      (address) => ({ rule: "flip-order-and-marker-only", address }) as const,
    ),
  ];
}

function byAddress(plan: Block): ReadonlyMap<string, PlannedResource> {
  return new Map(resourcesOf(plan).map((resource) => [resource.address, resource]));
}

function changesMore(before: PlannedResource | undefined, after: PlannedResource | undefined): boolean {
  if (before === undefined || after === undefined) {
    return false;
  }
  const allowed = CHANGED_BY_A_FLIP[before.type] ?? [];
  return changedKeys(before.values, after.values).some((key) => !allowed.includes(key));
}

/** Sections of the plan beside its resources; of the outputs, only values may change. */
function changedSections(before: Block, after: Block): readonly string[] {
  const sections = changedKeys(before, after).filter(
    (section) => !["resource", "output", "//"].includes(section),
  );
  const outputs = changedKeys(withoutValues(before), withoutValues(after));
  return [...sections, ...outputs.map((name) => `output.${name}`)];
}

function withoutValues(plan: Block): Block {
  return Object.fromEntries(
    Object.keys(blockAt(plan, "output")).map((name) => {
      const { value: _value, ...rest } = blockAt(plan, "output", name);
      return [name, rest];
    }),
  );
}

function changedKeys(before: Block, after: Block): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !isDeepStrictEqual(before[key], after[key]),
  );
}
