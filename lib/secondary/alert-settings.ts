import { invalid } from "../private/refusals";

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
