import type { StoreName } from "../../../../../contract/stores";
import { isKnown } from "../../../../../operate/known";
import type { LiveEdge } from "../../../../../operate/live-edge";
import { ApiError } from "./cloudflare";

const NEVER = new AbortController().signal;

/** More often than others can move the marker meanwhile. */
const MOST_LOOKS = 5;

export interface FlipRequest {
  readonly to: StoreName;
  /** Whoever flips accepts what the checks find. */
  readonly forced: boolean;
  /** Times that a request to the API is made again. */
  readonly patience: number;
}

export interface Desk {
  readonly edge: LiveEdge;
  /** What stands against the flip. */
  refusals(to: StoreName): Promise<readonly string[]>;
  /** Tells the stores of the new direction; whichever answers. */
  note(): Promise<void>;
}

export type FlipEnd = "refused" | "done" | "overtaken" | "interrupted";

/**
 * A flip as an operator makes it: look, marker, order, look again, note. Whoever finds another direction than the own one after
 * that was overtaken by somebody, and leaves the order as the marker says. What was interrupted is made again, from the first step.
 */
export async function flip(desk: Desk, { to, forced, patience }: FlipRequest): Promise<FlipEnd> {
  const { marker } = await desk.edge.read(NEVER);
  const isUnderWay = isKnown(marker.marker) && marker.marker.value.active === to;
  if (!isUnderWay && !forced && (await desk.refusals(to)).length > 0) return "refused";
  try {
    await again(patience, () => desk.edge.writeMarker({ active: to, writesPaused: false }, NEVER));
    let active = to;
    for (let looks = 0; looks < MOST_LOOKS; looks += 1) {
      await again(patience, () => desk.edge.writeOrder(active, NEVER));
      const seen = (await desk.edge.read(NEVER)).marker.marker;
      if (!isKnown(seen) || seen.value.active === active) break;
      active = seen.value.active;
    }
    if (active !== to) return "overtaken";
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return "interrupted";
  }
  await desk.note();
  return "done";
}

async function again(patience: number, request: () => Promise<unknown>): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await request();
      return;
    } catch (error) {
      if (!(error instanceof ApiError) || attempt >= patience) throw error;
    }
  }
}
