import type { StoreName } from "../../contract/stores";
import type { Contracts, Direction } from "./contract";

/** A provider with everything that it runs on, however deep: whatever of this falls, it falls too. */
export function fatesOf({ providers }: Contracts, provider: string): ReadonlySet<string> {
  const fates = new Set<string>();
  const open = [provider];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (fates.has(next)) continue;
    fates.add(next);
    open.push(...(providers.find(({ id }) => id === next)?.runsOn ?? []));
  }
  return fates;
}

/** The providers that a flip in this direction recovers from: those of the store that it leaves. */
export function lostIn({ dependencies }: Contracts, direction: Direction): ReadonlySet<string> {
  const left: StoreName = direction === "to-secondary" ? "primary" : "secondary";
  return new Set(dependencies.filter(({ store }) => store === left).map(({ provider }) => provider));
}

/** What two sets have in common, sorted. */
export function shared(one: ReadonlySet<string>, other: ReadonlySet<string>): readonly string[] {
  return [...one].filter((fate) => other.has(fate)).sort();
}
