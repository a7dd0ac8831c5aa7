import type { Finding } from "./checkov";

/** A check that is skipped, and why. */
export interface Skip {
  readonly check: string;
  /** Empty where there is none. */
  readonly reason: string;
}

/** The skipped checks of a `.checkov.yaml`, one a line with its reason as comment. */
export function skipsIn(settings: string): readonly Skip[] {
  const [, list = ""] = settings.split(/^skip-check:\s*$/m);
  return [...list.matchAll(/^ +- (\S+)(?: +# *(.*))?$/gm)].map(([, check = "", reason = ""]) => ({
    check,
    reason: reason.trim(),
  }));
}

/** What is wrong with skips and findings together: unexplained findings, skips without reason, skips without findings. */
export function faultsOf(findings: readonly Finding[], skips: readonly Skip[]): readonly string[] {
  const skipped = new Set(skips.map(({ check }) => check));
  const found = new Set(findings.map(({ check }) => check));
  return [
    ...findings
      .filter(({ check }) => !skipped.has(check))
      .map(({ check, title, place }) => `${place}: ${title} (${check}); mend it, or skip it with a reason`),
    ...skips
      .filter(({ reason }) => reason.split(/\s+/).length < LEAST_WORDS)
      .map(({ check }) => `${check} is skipped without a reason; write it behind the check`),
    ...skips
      .filter(({ check }) => !found.has(check))
      .map(({ check }) => `${check} is skipped and finds nothing any more; remove it`),
    ...repeated(skips.map(({ check }) => check)).map((check) => `${check} is skipped twice; keep one`),
  ];
}

/** Words of a reason that says something; "false positive" says nothing. */
const LEAST_WORDS = 5;

function repeated(values: readonly string[]): readonly string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}
