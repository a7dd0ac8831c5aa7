/**
 * What the gateway does with requests. Durations are those of this machine: whoever scales time scales them first.
 *
 * | kind | a client sees |
 * |---|---|
 * | `pass` | the store, byte for byte |
 * | `answers` | the status for everything, with an error document as S3 or AWS writes it |
 * | `hangs` | an open connection and no answer, ever |
 * | `slow` | the store's answers, their first byte later |
 * | `throttled` | 503 `SlowDown` for what exceeds the rate |
 * | `crowded` | 503 `SlowDown` for what comes while so many others are being answered |
 * | `wrong-health-body` | the store, except that its health object says something else |
 * | `data-path-broken` | the health object, and 500 for everything else |
 * | `clock-skewed` | the store with a clock that is wrong |
 * | `cut` | connections that end half way through an exchange, for a share of exchanges |
 * | `disagrees` | a resolver of the marker that names the other store |
 */
export type GatewayMode =
  | { readonly kind: "pass" }
  | { readonly kind: "answers"; readonly status: number }
  | { readonly kind: "hangs" }
  | { readonly kind: "slow"; readonly seconds: number }
  | { readonly kind: "throttled"; readonly requestsPerSecond: number }
  /** Each that is let through takes a moment, so that what is at once is at once on a fast machine too. */
  | { readonly kind: "crowded"; readonly requestsAtOnce: number }
  | { readonly kind: "wrong-health-body" }
  | { readonly kind: "data-path-broken" }
  /** Minutes by which the store's clock is ahead; below zero when it is behind. */
  | { readonly kind: "clock-skewed"; readonly minutes: number }
  /** Share of the exchanges, from 0 to 1. Which ones follows from the seed and their order. */
  | { readonly kind: "cut"; readonly share: number; readonly seed: number }
  | { readonly kind: "disagrees" };

export type GatewayModeKind = GatewayMode["kind"];

/**
 * What becomes of exchanges that are under way when a mode begins: they are torn as by a dying server, they stand
 * still, or they come to their end first.
 */
export type Entry = "tears" | "freezes" | "lets-finish";

export function entryOf(kind: GatewayModeKind): Entry {
  if (kind === "hangs") return "freezes";
  return kind === "answers" ? "tears" : "lets-finish";
}
