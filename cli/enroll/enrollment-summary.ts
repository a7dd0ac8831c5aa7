import { amount } from "../../drill/report/wording";
import colors from "../colors";
import type { EnrollmentResult } from "./enrollment";
import type { VaultOptions } from "./pair-vault";

const DONE: Readonly<Record<EnrollmentResult["outcome"], string>> = {
  enrolled: "enrolled",
  "already-enrolled": "enrolled already",
  rotated: "rotated",
  finished: "finished",
};

/** The end of `enroll` and `rotate`, able to stand alone. Access key ids are no secrets, and are not shown all the same. */
export function enrollmentSummary(
  { outcome, secret, removed, left }: EnrollmentResult,
  { secretName, region }: Pick<VaultOptions, "secretName" | "region">,
): string {
  const place = `${secretName}${region === undefined ? "" : ` in ${region}`}`;
  const nothing = outcome === "already-enrolled" ? "; nothing was changed (--again replaces it)" : "";
  const lines = [
    `${colors.green(DONE[outcome])}: the store accepts the key pair in the secret${nothing}`,
    `  secret    ${place}${secret === "unchanged" ? "" : `, ${secret}`}`,
    removed > 0 && `  removed   ${amount(removed, "old key pair")}`,
    left > 0 &&
      `  left      ${amount(left, "other key pair")} on the droplet, still valid; to remove: storage-failover rotate --finish`,
  ];
  return lines.filter((line) => line !== false).join("\n ");
}
