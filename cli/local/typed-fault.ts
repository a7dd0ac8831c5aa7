import { isStoreName, type StoreName } from "../../contract/stores";

export interface TypedFault {
  readonly act: "lose" | "mend";
  readonly store: StoreName;
}

/** What a person typed where the deployment runs; undefined when it is nothing that is understood. */
export function typedFault(line: string): TypedFault | undefined {
  const [act, store, ...more] = line.trim().split(/\s+/);
  if (more.length > 0 || store === undefined || !isStoreName(store)) return undefined;
  return act === "lose" || act === "mend" ? { act, store } : undefined;
}
