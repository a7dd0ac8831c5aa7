import { describeMissing } from "../describe-missing";
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
  } else {
    describeMissing(name, "has OpenSSH's server", found);
  }
}
