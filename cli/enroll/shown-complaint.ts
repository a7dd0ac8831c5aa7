/** A program that repeats what it was given does so in pieces too. */
const LEAST_CHARACTERS = 6;
const LONGEST = 300;

/**
 * What a remote program complained of, fit to be shown: its last lines, without any word of what was sent to it or
 * what it answered, and without anything that looks like a key.
 *
 * @param kept - texts that hold secrets
 */
export function shownComplaint(complaint: string, kept: readonly string[]): string {
  const words = new Set(kept.flatMap((text) => text.split(/[^A-Za-z0-9+/=._~-]+/)));
  const secrets = [...words]
    .filter((word) => word.length >= LEAST_CHARACTERS)
    .toSorted((one, other) => other.length - one.length);
  const cleaned = secrets.reduce((text, secret) => text.replaceAll(secret, "…"), complaint);
  return (
    cleaned
      .replace(/[A-Za-z0-9+/=]{20,}/g, "…")
      .split("\n")
      // A server's words must not steer the terminal.
      .map((line) => line.replace(/\p{Cc}/gu, "").trim())
      .filter((line) => line !== "")
      .slice(-2)
      .join("; ")
      .slice(0, LONGEST)
  );
}
