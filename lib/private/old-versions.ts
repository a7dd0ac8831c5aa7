import { checkAllKnownAtSynth } from "./known-at-synth";
import { checkWholeNumber } from "./whole-number";

/** Days by which old versions outlive the longest outage: time to notice, and to finish catching up. */
const MARGIN_DAYS = 7;

const DEFAULT_OUTAGE_DAYS = 30;

/**
 * Days for which either store keeps versions that are no longer current. They prove what was deleted and what was written
 * over while the other store was away. Delete markers, which prove a deletion, are kept for good.
 *
 * @param longestOutageDays days of the longest outage to be survived; 30 by default
 */
export function oldVersionDays(longestOutageDays = DEFAULT_OUTAGE_DAYS): number {
  return longestOutageDays + MARGIN_DAYS;
}

/**
 * @throws ConfigurationError NUMBER_OUT_OF_RANGE, VALUE_INVALID
 */
export function checkLongestOutage(longestOutageDays: number | undefined, path: string): void {
  if (longestOutageDays === undefined) {
    return;
  }
  // Other days are counted from it, and a sum with a reference is neither a number nor a reference.
  checkAllKnownAtSynth(longestOutageDays, path);
  checkWholeNumber(longestOutageDays, { least: 1, most: 3650, unit: "days" }, path);
}
