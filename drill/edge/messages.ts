import type { Marker } from "../../contract/marker";
import type { MachineDelay } from "../evidence/events";
import type { EdgeAddresses, EdgeEvent, EdgeSettings, PoolOrder, PoolState } from "./edge-engine";
import type { EdgePlan } from "./edge-plan";

export type Command =
  | { readonly action: "start"; readonly settings: EdgeSettings }
  | { readonly action: "apply-plan"; readonly plan: EdgePlan }
  | { readonly action: "publish-marker"; readonly marker: Marker }
  | { readonly action: "set-pool"; readonly name: string; readonly enabled: boolean }
  | { readonly action: "set-order"; readonly order: PoolOrder }
  | { readonly action: "remove-address"; readonly address: string }
  | { readonly action: "restore-address"; readonly address: string }
  | { readonly action: "pools" }
  | { readonly action: "stop" };

/** What the parent sends. Each is answered by one reply with the same number. */
export interface ToEdge {
  readonly number: number;
  readonly command: Command;
}

export type Reply =
  | { readonly kind: "started"; readonly addresses: EdgeAddresses }
  | { readonly kind: "pools"; readonly pools: readonly PoolState[] }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly reason: string };

/** What the edge process sends. */
export type FromEdge =
  | { readonly kind: "reply"; readonly number: number; readonly reply: Reply }
  | { readonly kind: "event"; readonly event: EdgeEvent }
  | { readonly kind: "delay"; readonly delay: MachineDelay };
