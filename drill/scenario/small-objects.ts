import { generateObjects } from "../workload/generated-objects";
import type { SourceObject } from "../workload/source-object";

const LARGEST_BYTES = 256 * 1024;

/** Generated objects without the few large ones, which cost a scenario more time than they tell. */
export function smallObjects(settings: {
  readonly seed: number;
  readonly count: number;
  readonly rawExpires: boolean;
}): readonly SourceObject[] {
  const more = generateObjects({ ...settings, count: settings.count + 16 });
  return more.filter(({ size }) => size <= LARGEST_BYTES).slice(0, settings.count);
}
