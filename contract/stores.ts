/** The two stores' fixed names. They never swap names; only their roles (active, standby) change. */
export const STORE_NAMES = ["primary", "secondary"] as const;

/** The name of a store, whatever its role. */
export type StoreName = (typeof STORE_NAMES)[number];

export function isStoreName(value: unknown): value is StoreName {
  return STORE_NAMES.some((name) => name === value);
}

/** The store that is on standby while `name` is active, and the other way round. */
export function otherStore(name: StoreName): StoreName {
  return name === "primary" ? "secondary" : "primary";
}
