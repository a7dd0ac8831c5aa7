import { keepRawExpires, type StoreKind } from "../stage/store-kind";
import { generateObjects } from "../workload/generated-objects";
import type { SourceObject } from "../workload/source-object";

const LARGEST_BYTES = 256 * 1024;

/** Generated objects without the few large ones, which cost a scenario more time than they tell. */
export function smallObjects(settings: {
  readonly seed: number;
  readonly count: number;
  /** That take them. */
  readonly stores: StoreKind;
}): readonly SourceObject[] {
  const { seed, count, stores } = settings;
  const more = generateObjects({ seed, count: count + 16, rawExpires: keepRawExpires(stores) });
  return more.filter(({ size }) => size <= LARGEST_BYTES).slice(0, count);
}
