import { randomUUID } from "node:crypto";
import { FAN_OUT_KEY, FAN_OUT_VOID_ERROR, MOST_RANGES } from "../../contract/fan-out";
import { compareKeys } from "../s3/key-order";
import type { ObjectClient } from "../s3/object-client";
import type { KeyRange } from "./key-reader";
import type { Sample } from "./sample-keys";
import { readState, type StateObject, writeState } from "./state-object";

/** What a fan-out does, as it is kept on the standby. */
export interface FanOutPlan {
  readonly id: string;
  /** The epoch that it was made in; in another one it is void. */
  readonly epoch: number;
  /** Ascending; each is the last key that belongs to its range. One range more follows the last. */
  readonly boundaries: readonly string[];
}

/** The plan is not the one to follow any more: trying again is of no use. */
export class FanOutVoidError extends Error {
  public override readonly name = FAN_OUT_VOID_ERROR;
}

/**
 * @param sampled - boundaries from an earlier pass, ascending
 * @param beyond - samples of the keys after the last of them
 */
export function planRanges(
  epoch: number,
  sampled: readonly string[],
  beyond: readonly Sample[],
  keysPerRange: number,
): FanOutPlan {
  const boundaries = thinned(ascending([...sampled, ...cut(beyond, keysPerRange)]), MOST_RANGES - 1);
  return { id: randomUUID(), epoch, boundaries };
}

/** Cuts after every so many keys. What follows the last cut belongs to the last range. */
export function cut(samples: readonly Sample[], keysPerRange: number): readonly string[] {
  let since = 0;
  return samples.flatMap(({ key, keys }) => {
    since += keys;
    if (since < keysPerRange) return [];
    since = 0;
    return [key];
  });
}

/** Whatever was saved: ranges that overlap or run backwards would not cover the key space. */
function ascending(keys: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const key of keys) {
    const last = kept.at(-1);
    if (last === undefined || compareKeys(last, key) < 0) kept.push(key);
  }
  return kept;
}

/** At most so many of them, evenly spread: fewer and longer ranges. */
function thinned(keys: readonly string[], most: number): readonly string[] {
  const every = Math.ceil(keys.length / most);
  return every <= 1 ? keys : keys.filter((_, index) => (index + 1) % every === 0);
}

export function rangeCount({ boundaries }: FanOutPlan): number {
  return boundaries.length + 1;
}

/**
 * The ranges of a plan are the whole key space and do not overlap, whatever the boundaries are: each begins where the one
 * before it ends, the first with the first key that there can be, and the last never ends.
 *
 * @throws FanOutVoidError when the plan has no such range
 */
export function rangeOf(plan: FanOutPlan, range: number): KeyRange {
  if (!Number.isInteger(range) || range < 0 || range >= rangeCount(plan)) {
    throw new FanOutVoidError(`the plan has no range ${range}; it has ${rangeCount(plan)}`);
  }
  return { after: plan.boundaries[range - 1], upto: plan.boundaries[range] };
}

/** Replaces the plan before: its ranges stop when they look at it next. */
export async function savePlan(
  standby: ObjectClient,
  plan: FanOutPlan,
  confirm: () => Promise<void>,
): Promise<void> {
  const seen = await readPlan(standby);
  await confirm();
  if ((await writeState(standby, FAN_OUT_KEY, plan, seen)) === undefined) {
    throw new FanOutVoidError("another fan-out was planned at the same moment");
  }
}

/** @throws FanOutVoidError when another plan, or none, is on the standby */
export async function followedPlan(standby: ObjectClient, id: string): Promise<FanOutPlan> {
  const plan = (await readPlan(standby))?.value;
  if (plan?.id === id) return plan;
  throw new FanOutVoidError(
    plan === undefined
      ? `there is no plan on ${standby.bucket}: the other store may be active now`
      : `another fan-out was planned since: ${plan.id}`,
  );
}

function readPlan(standby: ObjectClient): Promise<StateObject<FanOutPlan> | undefined> {
  return readState(standby, FAN_OUT_KEY, parsePlan);
}

function parsePlan(json: unknown): FanOutPlan | undefined {
  if (typeof json !== "object" || json === null) return undefined;
  const { id, epoch, boundaries } = json as Partial<FanOutPlan>;
  if (typeof id !== "string" || typeof epoch !== "number" || !Array.isArray(boundaries)) return undefined;
  return boundaries.every((key) => typeof key === "string") ? { id, epoch, boundaries } : undefined;
}
