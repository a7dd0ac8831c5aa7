import type { Marker } from "../../contract/marker";
import type { StoreName } from "../../contract/stores";

/** One attempt to read the marker, and when it was begun (milliseconds, monotonic). */
export type MarkerReading =
  | { readonly readAt: number; readonly marker: Marker }
  | { readonly readAt: number; readonly marker: undefined };

/** What a writer knows of the direction. */
export interface GateState {
  /** The store that the last good reading named. */
  readonly store?: StoreName;
  /** When the last good reading was begun. */
  readonly readAt?: number;
  /** No write before this moment: until then others may still act on the direction of before. */
  readonly fencedUntil: number;
  readonly writesPaused: boolean;
}

export const UNDECIDED: GateState = { fencedUntil: Number.NEGATIVE_INFINITY, writesPaused: true };

export interface GateLimits {
  /** How long one reading may be acted on. */
  readonly holdMilliseconds: number;
  /** The fence F: how long after a flip an old reading can still act. */
  readonly fenceMilliseconds: number;
}

/**
 * Takes a reading into account. The fence counts from the moment the change is noticed, which is never before
 * the flip. A gap between good readings longer than the fence may hide a flip there and back: it is
 * fenced like a change. The very first reading is believed as it is.
 */
export function observe(state: GateState, reading: MarkerReading, limits: GateLimits): GateState {
  if (reading.marker === undefined) {
    return state;
  }
  const { active, writesPaused } = reading.marker;
  const moved = state.store !== undefined && state.store !== active;
  const blind = state.readAt !== undefined && reading.readAt - state.readAt > limits.fenceMilliseconds;
  const fencedUntil = moved || blind ? reading.readAt + limits.fenceMilliseconds : state.fencedUntil;
  return { store: active, readAt: reading.readAt, fencedUntil, writesPaused };
}

/** Whether the marker must be read again before anything is written. */
export function needsReading(state: GateState, now: number, limits: GateLimits): boolean {
  return state.readAt === undefined || now - state.readAt >= limits.holdMilliseconds;
}

/** The store that may be written to now, or undefined when none may. */
export function writableStore(state: GateState, now: number, limits: GateLimits): StoreName | undefined {
  const open = !needsReading(state, now, limits) && !state.writesPaused && now >= state.fencedUntil;
  return open ? state.store : undefined;
}
