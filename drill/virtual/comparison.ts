import { type VirtualDrillOptions, type VirtualFigures, virtualDrill } from "./virtual-drill";
import { type Variation, type VirtualPlan, varied } from "./virtual-plan";

/** What can be compared, by the name of its option: one number at a time. */
export const COMPARABLE = {
  interval: "intervalSeconds",
  timeout: "timeoutSeconds",
  retries: "retries",
  "consecutive-down": "consecutiveDown",
  "every-minutes": "everyMinutes",
  "pass-seconds": "passSeconds",
  objects: "objects",
  "object-size": "objectBytes",
  "writes-per-second": "writesPerSecond",
} as const satisfies Readonly<Record<string, keyof Variation>>;

export type ComparableName = keyof typeof COMPARABLE;

export function isComparable(name: string): name is ComparableName {
  return Object.hasOwn(COMPARABLE, name);
}

/** One setting in several values, and what each would do. */
export interface Comparison {
  readonly name: ComparableName;
  readonly rows: readonly { readonly value: number; readonly figures: VirtualFigures }[];
}

/** The same outages for each value, so that only the setting makes a difference. */
export function compare(
  plan: VirtualPlan,
  { name, values }: { readonly name: ComparableName; readonly values: readonly number[] },
  options: VirtualDrillOptions,
): Comparison {
  const rows = values.map((value) => ({
    value,
    figures: virtualDrill(varied(plan, { [COMPARABLE[name]]: value }), options),
  }));
  return { name, rows };
}
