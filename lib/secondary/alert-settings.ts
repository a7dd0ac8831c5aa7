import { Token } from "cdktf";
import { invalid } from "../private/refusals";

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
 * @throws ConfigurationError VALUE_INVALID for the first that is no address, or is there twice
 */
export function checkAlertEmails(emails: readonly string[], path: string): void {
  const wrong = emails.find(
    (email, index) => !Token.isUnresolved(email) && (!EMAIL.test(email) || emails.indexOf(email) < index),
  );
  if (wrong === undefined) {
    return;
  }
  throw invalid({
    path,
    what: EMAIL.test(wrong) ? "this address is there twice" : "this is not a mail address",
    value: wrong,
    allowed: "different addresses of members of the DigitalOcean team",
    fix: 'write as in "on-call@example.com", each once',
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
  throw invalid({
    path,
    what: `${unused} is given, and nobody to tell`,
    value: props.monitorAlertEmails,
    allowed: "one or more addresses of members of the DigitalOcean team",
    fix: `give monitorAlertEmails, or leave ${unused} away`,
  });
}
