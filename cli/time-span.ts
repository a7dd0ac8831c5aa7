/** Each unit is used from two of it on: 90 min say more than 2 h. */
const UNITS = [
  { seconds: 86_400, name: "days" },
  { seconds: 3600, name: "h" },
  { seconds: 60, name: "min" },
] as const;

/** `45 s`, `14 min`, `3 h`, `6 days`: in whole units, rounded up, since what has passed is never less than told. */
export function timeSpan(seconds: number): string {
  const unit = UNITS.find((one) => seconds >= 2 * one.seconds) ?? { seconds: 1, name: "s" };
  return `${Math.ceil(seconds / unit.seconds).toLocaleString("en-US")} ${unit.name}`;
}

/** `14 min ago`; `just now` for what lies ahead by clocks that differ. */
export function ago(when: string, now: string): string {
  const seconds = (Date.parse(now) - Date.parse(when)) / 1000;
  if (Number.isNaN(seconds)) return "at an unknown time";
  return seconds < 1 ? "just now" : `${timeSpan(seconds)} ago`;
}

/** `21:37:01 UTC`, with the day where it is another one than today's. */
export function timeOfDay(when: string, now: string): string {
  const [day = "", time = ""] = asIso(when).split("T");
  const clock = `${time.slice(0, 8)} UTC`;
  return asIso(now).startsWith(day) ? clock : `${day} ${clock}`;
}

function asIso(when: string): string {
  const date = new Date(when);
  return Number.isNaN(date.getTime()) ? when : date.toISOString();
}
