import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/** Enough to tell an address from a name or a URL; whether it exists, DigitalOcean finds out. */
const EMAIL = /^[^\s@,<>"]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i;

/** What is of no use while nobody is told. */
const NEEDS_SOMEBODY = [
  "monitorAlertDiskPercent",
  "monitorAlertMemoryPercent",
  "monitorAlertLoad",
  "uptimeCheckHost",
] as const;

interface AlertSettings extends Partial<Record<(typeof NEEDS_SOMEBODY)[number], number | string>> {
  readonly monitorAlertEmails?: readonly string[];
}

/**
 * @throws ConfigurationError VALUE_INVALID for the first that is no address
 */
export function checkAlertEmails(emails: readonly string[], path: string): void {
  const wrong = emails.find((email) => !Token.isUnresolved(email) && !EMAIL.test(email));
  if (wrong === undefined) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "this is not a mail address",
    value: wrong,
    allowed: "addresses of members of the DigitalOcean team",
    fix: 'write as in "on-call@example.com"',
  });
}

/**
 * A limit that alerts nobody would silently be ignored.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkSomebodyIsTold(props: AlertSettings, path: string): void {
  const unused = NEEDS_SOMEBODY.find((prop) => props[prop] !== undefined);
  if (unused === undefined || (props.monitorAlertEmails ?? []).length > 0) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: `${unused} is given, and nobody to tell`,
    value: props.monitorAlertEmails,
    allowed: "one or more addresses of members of the DigitalOcean team",
    fix: `give monitorAlertEmails, or leave ${unused} away`,
  });
}
