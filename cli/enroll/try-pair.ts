import { setTimeout as delay } from "node:timers/promises";
import type { StoreCredentials } from "../../contract/credentials";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { StoreError } from "../../lambda/s3/store-error";

/** What the store says to a pair. */
export type PairAnswer = "works" | "refused";

/** @throws StoreError when the store cannot be asked */
export type TryPair = (pair: StoreCredentials) => Promise<PairAnswer>;

const ATTEMPTS = 4;
const PAUSE_MILLISECONDS = 1500;

/**
 * Tries a pair with the cheapest signed request there is, a listing of one key. What passes by itself (a store that
 * is just starting, or that takes a moment to know a new pair) is tried again for some seconds.
 */
export function pairTrial(
  open: (pair: StoreCredentials) => ObjectClient | Promise<ObjectClient>,
  pause = PAUSE_MILLISECONDS,
): TryPair {
  return async (pair) => {
    const client = await open(pair);
    try {
      for (let attempt = 1; ; attempt += 1) {
        try {
          await client.list({ limit: 1 });
          return "works";
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          const denied = error.kind === "access-denied";
          if (attempt === ATTEMPTS || !(denied || error.retryable)) {
            if (denied) return "refused";
            throw error;
          }
        }
        await delay(pause);
      }
    } finally {
      client.close();
    }
  };
}
