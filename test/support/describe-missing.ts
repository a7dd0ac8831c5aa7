import { describe, it } from "@jest/globals";

/**
 * A suite whose programs cannot be had here: skipped with the reason in its name, or failed where `REQUIRE_REAL_STORES=1` says that
 * nothing may be skipped.
 *
 * @param needs what it must have, as a test would be called that looks for it
 * @param body its tests, where they can be told without the programs
 */
export function describeMissing(
  name: string,
  needs: string,
  reason: string,
  body: () => void = () => it(needs, () => undefined),
): void {
  if (process.env.REQUIRE_REAL_STORES === "1") {
    describe(name, () => {
      it(needs, () => {
        throw new Error(`REQUIRE_REAL_STORES=1, and ${reason}`);
      });
    });
    return;
  }
  // Jest's own summary counts what was skipped, and does not name it.
  process.stderr.write(`skipped: ${name}, because ${reason}\n`);
  describe.skip(`${name} (skipped: ${reason})`, body);
}
