import { isStoreName, STORE_NAMES, type StoreName } from "./stores";

/** What the marker says: which store is active, and whether writers must hold back for a planned flip. */
export interface Marker {
  /** The store to write to. */
  readonly active: StoreName;
  /** Whether writers must hold back. */
  readonly writesPaused: boolean;
}

/** Seconds that a resolver may keep the marker: the least Cloudflare accepts below the Enterprise plan. */
export const MARKER_TTL_SECONDS = 60;

/** Seconds, by the monotonic clock, for which running code may act on one reading of the marker. */
export const MARKER_HOLD_SECONDS = 20;

/** Seconds after which a request to a store is given up. */
export const REQUEST_TIMEOUT_SECONDS = 30;

/** What the fence is made of, in seconds. */
export interface FenceParts {
  /** @default MARKER_TTL_SECONDS */
  readonly ttlSeconds?: number;
  /** @default MARKER_HOLD_SECONDS */
  readonly holdSeconds?: number;
  /** @default REQUEST_TIMEOUT_SECONDS */
  readonly requestTimeoutSeconds?: number;
}

/** The fence F: how many seconds after a flip an old reading of the marker can still act. */
export function fenceSeconds(parts: FenceParts = {}): number {
  return (
    (parts.ttlSeconds ?? MARKER_TTL_SECONDS) +
    (parts.holdSeconds ?? MARKER_HOLD_SECONDS) +
    (parts.requestTimeoutSeconds ?? REQUEST_TIMEOUT_SECONDS)
  );
}

/** The full name of the TXT record for the host name that readers use. */
export function markerRecordName(hostname: string): string {
  return `_storage-failover.${hostname}`;
}

/** The record's text, without the double quotes of zone files: `active=primary` or `active=primary;writes=paused`. */
export function formatMarker(marker: Marker): string {
  return `active=${marker.active}${marker.writesPaused ? ";writes=paused" : ""}`;
}

export class MarkerFormatError extends Error {
  public override readonly name = "MarkerFormatError";
}

/**
 * Reads the record's text, without quotes.
 *
 * @throws MarkerFormatError for anything that `formatMarker` does not write: an unknown word may be
 * an instruction from a newer version, and guessing its meaning is not safe.
 */
export function parseMarker(text: string): Marker {
  const [first, second, ...more] = text.split(";");
  const active = first?.startsWith("active=") ? first.slice("active=".length) : undefined;
  if (!isStoreName(active)) {
    throw new MarkerFormatError(
      `marker "${text}" names no store; expected active=${STORE_NAMES.join(" or active=")}`,
    );
  }
  if (more.length > 0 || (second !== undefined && second !== "writes=paused")) {
    throw new MarkerFormatError(
      `marker "${text}" says more than is understood; expected at most ";writes=paused"`,
    );
  }
  return { active, writesPaused: second !== undefined };
}
