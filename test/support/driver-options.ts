import type { StoreName } from "../../contract/stores";
import type { FanOutOptions } from "../../lambda/replicator/fan-out-driver";
import type { ReplicatedPair } from "./replicated-pair";

export function optionsFor(pair: ReplicatedPair, change: Partial<FanOutOptions> = {}): FanOutOptions {
  return {
    clients: pair.clients,
    marker: pair.marker,
    holdMilliseconds: 20_000,
    budgetMilliseconds: 600_000,
    by: "test",
    watermarkMarginMilliseconds: 120_000,
    clock: pair.clock,
    random: () => 0.5,
    ...change,
  };
}

export const stateIn = (pair: ReplicatedPair, store: StoreName, key: string) =>
  JSON.parse(pair.body(store, key) ?? "{}");
