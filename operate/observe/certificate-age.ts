/** Renewal by ACME begins 30 days before the end; what is not renewed by now is not going to be. */
export const CERTIFICATE_WARNING_DAYS = 21;

/** From here on nobody waits for daylight. */
export const CERTIFICATE_PROBLEM_DAYS = 3;

const DAY_MILLISECONDS = 86_400_000;

/** Days until a certificate ends; below zero when it has. */
export function daysUntil(ends: string, now: Date): number {
  return (Date.parse(ends) - now.getTime()) / DAY_MILLISECONDS;
}
