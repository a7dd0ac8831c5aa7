import { describe, it } from "@jest/globals";
import { describeReal, type RealStore } from "../real-stores";
import { type FoundSshd, findSshd } from "./find-sshd";

/** A suite that needs OpenSSH's server beside real stores: skipped with the reason, or failed, where there is none. */
export function describeWithSshd(
  name: string,
  needs: readonly RealStore[],
  body: (sshd: FoundSshd) => void,
): void {
  const found = findSshd();
  if (typeof found !== "string") {
    describeReal(name, needs, () => body(found));
  } else if (process.env.REQUIRE_REAL_STORES === "1") {
    describe(name, () => {
      it("has OpenSSH's server", () => {
        throw new Error(`REQUIRE_REAL_STORES=1, and ${found}`);
      });
    });
  } else {
    process.stderr.write(`skipped: ${name}, because ${found}\n`);
    describe.skip(`${name} (skipped: ${found})`, () => {
      it("has OpenSSH's server", () => undefined);
    });
  }
}
