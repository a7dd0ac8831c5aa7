import type { Range } from "../../lib/objectives";

/** `0.4 s`, `76 s`, `4.2 min`; `not measured` for null. */
export function duration(seconds: number | null): string {
  if (seconds === null) return "not measured";
  if (seconds >= 180) return `${shortened(seconds / 60)} min`;
  return `${shortened(seconds)} s`;
}

/** `0–65 s`; a range of one value is that value. */
export function durationRange({ best, worst }: Range): string {
  return best === worst ? duration(best) : `${shortened(best)}–${shortened(worst)} s`;
}

/** `1 object`, `2,137 objects`. */
export function amount(count: number, thing: string): string {
  return `${grouped(count)} ${thing}${count === 1 ? "" : "s"}`;
}

export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

/** `412 MB`, in powers of 1,000. */
export function byteSize(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${shortened(bytes / 1000 ** step)} ${units[step] ?? "B"}`;
}

/** Time into the run, as in `12:07` (minutes and seconds of the real deployment). */
export function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function productName({
  product,
  version,
}: {
  readonly product: string;
  readonly version: string;
}): string {
  return `${product} ${version}`;
}

/** One decimal below 10, none above. */
function shortened(value: number): string {
  const rounded = value < 10 ? Math.round(value * 10) / 10 : Math.round(value);
  return grouped(rounded);
}

/** `66.9 s`, `3 objects`: a limit is never rounded into meeting it. */
export function inUnit(value: number, unit: string): string {
  return `${(Math.round(value * 100) / 100).toLocaleString("en-US")} ${unit}`;
}
