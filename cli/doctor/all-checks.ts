import { WrongUseError } from "../wrong-use-error";
import { CERTIFICATE_CHECKS } from "./certificate-checks";
import { CHECK_GROUPS, type Check, type Checked } from "./check";
import { CLOUDFLARE_CHECKS } from "./cloudflare-checks";
import { CREDENTIAL_CHECKS } from "./credential-checks";
import { FACTS_CHECK } from "./facts-check";
import { REACH_CHECKS } from "./reach-checks";
import { RUNBOOK_CHECK } from "./runbook-check";
import { VERSION_CHECKS } from "./version-checks";
import { VOLUME_CHECKS } from "./volume-checks";

/** In the order in which they are shown. */
export const CHECKS: readonly Check[] = [
  ...VERSION_CHECKS,
  ...REACH_CHECKS,
  ...CLOUDFLARE_CHECKS,
  FACTS_CHECK,
  ...CREDENTIAL_CHECKS,
  ...CERTIFICATE_CHECKS,
  RUNBOOK_CHECK,
  ...VOLUME_CHECKS,
];

/** By group or by id; all of them where nothing is named. */
export function chosenChecks(names: readonly string[]): readonly Check[] {
  const unknown = names.filter((name) => !CHECKS.some(({ id, group }) => name === id || name === group));
  if (unknown.length > 0) {
    throw new WrongUseError(
      `there is no check "${unknown.join('", "')}"; allowed: ${CHECK_GROUPS.join(", ")}`,
    );
  }
  return CHECKS.filter(({ id, group }) => names.length === 0 || names.includes(id) || names.includes(group));
}

/** Something that is wrong weighs more than something that could not be looked at. */
export function outcomeOf(checked: readonly Checked[]): "well" | "wanting" | "unreachable" {
  const problems = checked.filter(({ status }) => status === "problem");
  if (problems.length === 0) return "well";
  return problems.every(({ unreachable }) => unreachable) ? "unreachable" : "wanting";
}
