import type { StoreKind } from "../../drill/stage/store-kind";

export interface DrillArguments {
  readonly all?: true;
  readonly list?: true;
  readonly set?: string;
  readonly stores: StoreKind;
  readonly speed?: number;
  readonly seed: number;
  readonly report: string;
  readonly json?: true;
  readonly verbose?: true;
}
