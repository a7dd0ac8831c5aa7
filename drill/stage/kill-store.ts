import type { StoreName } from "../../contract/stores";
import type { LocalStores } from "./test-bed";

/** As if its cloud were lost. Of a store that would lose its data, only the gateway is killed. */
export async function killStore({ running, gateways }: LocalStores, name: StoreName): Promise<void> {
  const store = running[name];
  await Promise.all([gateways[name].kill(), store.survivesKill ? store.kill() : undefined]);
}

/** Brings it back with what it held. */
export async function reviveStore({ running, gateways }: LocalStores, name: StoreName): Promise<void> {
  const store = running[name];
  if (store.survivesKill) await store.restart();
  await gateways[name].restart();
}
