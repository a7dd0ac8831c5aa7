import fc from "fast-check";
import type { StoreName } from "../../../../../contract/stores";
import { STORE_NAMES } from "../../../../../contract/stores";
import { live, type Step, step } from "../steps";
import type { ApiFault } from "./cloudflare";
import type { FlipOrder } from "./operator";
import type { ResolverNumber } from "./resolved-marker";
import { FAULT_NAMES, type Fault, type FaultName, type System } from "./system";

/** `toStandby`: to the store that is the standby then, and else to the one that is active already. */
type RelativeOrder = Omit<FlipOrder, "to"> & { readonly toStandby: boolean };

export type SystemStep =
  | Step
  | { readonly type: "read" | "complete the flip" }
  | { readonly type: "ask"; readonly resolver: ResolverNumber }
  | { readonly type: "silence"; readonly resolver: ResolverNumber; readonly silent: boolean }
  | {
      readonly type: "break";
      /** The one that is active then. */
      readonly active: boolean;
      readonly name: FaultName;
      readonly metBy: Fault["metBy"];
      /** Milliseconds until somebody reads. */
      readonly wait: number;
    }
  | { readonly type: "mend"; readonly store: StoreName }
  | {
      readonly type: "operate";
      readonly orders: readonly RelativeOrder[];
      readonly turns: readonly number[];
      readonly faults: readonly (ApiFault | null)[];
    };

const store = fc.constantFrom(...STORE_NAMES);
const resolver = fc.constantFrom<ResolverNumber>(0, 1);
const seldom = fc.constantFrom(false, false, false, true);
/** Around a resolver's memory, the hold, the fence, a probe's interval, a run's. */
const milliseconds = fc.constantFrom(1_000, 4_000, 19_000, 31_000, 61_000, 89_000, 109_000, 111_000, 300_000);

const order = (planned: fc.Arbitrary<boolean>): fc.Arbitrary<RelativeOrder> =>
  fc.record({ toStandby: fc.constantFrom(true, true, true, false), forced: fc.boolean(), planned });
const orders = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(order(seldom)) },
  { weight: 2, arbitrary: fc.tuple(order(fc.constant(false)), order(fc.constant(false))) },
);

export const systemStep: fc.Arbitrary<SystemStep> = fc.oneof(
  { weight: 24, arbitrary: step },
  { weight: 6, arbitrary: fc.constant({ type: "read" as const }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant("pass" as const), milliseconds }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("ask" as const), resolver }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("silence" as const), resolver, silent: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("break" as const),
      active: fc.constantFrom(true, true, false),
      name: fc.constantFrom(...FAULT_NAMES),
      metBy: fc.constantFrom<Fault["metBy"]>(
        "everybody",
        "everybody",
        "everybody",
        "one region",
        "two regions",
      ),
      wait: milliseconds,
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("mend" as const), store }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("operate" as const),
      orders,
      turns: fc.array(fc.constantFrom(0, 1, 2, 5, 25), { maxLength: 7 }),
      faults: fc.array(fc.constantFrom<ApiFault | null>(null, null, "refused", "answer lost"), {
        maxLength: 4,
      }),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: "complete the flip" as const }) },
);

export async function liveInSystem(system: System, steps: readonly SystemStep[]): Promise<void> {
  for (const one of steps) {
    switch (one.type) {
      case "read":
        system.read();
        break;
      case "complete the flip":
        await system.completeFlip();
        break;
      case "ask":
        system.ask(one.resolver);
        break;
      case "silence":
        if (one.silent) system.marker.silent.add(one.resolver);
        else system.marker.silent.delete(one.resolver);
        break;
      case "break":
        system.breakStore(one.active ? system.active : system.standby, one);
        system.clock.advance(one.wait);
        system.read();
        break;
      case "mend":
        system.mend(one.store);
        break;
      case "operate":
        await system.operate(
          one.orders.map(({ toStandby, ...rest }) => ({
            ...rest,
            to: toStandby ? system.standby : system.active,
          })),
          one.turns,
          one.faults.map((fault) => fault ?? undefined),
        );
        break;
      case "act":
      case "flip":
      case "pass":
      case "runs":
        await live(system, [one]);
    }
  }
}
