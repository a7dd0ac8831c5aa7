/** A set of minutes in the five fields of cron: minute, hour, day of the month, month, day of the week. */
export type CronMask = readonly CronField[];

/** Undefined: any value. */
type CronField = ReadonlySet<number> | undefined;

/** A minute as the clock of some place shows it. */
export interface WallMinute {
  readonly minute: number;
  readonly hour: number;
  readonly day: number;
  /** From 1. */
  readonly month: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

const DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];

const FIELDS = [
  { name: "minute", least: 0, most: 59, names: [] },
  { name: "hour", least: 0, most: 23, names: [] },
  { name: "day of the month", least: 1, most: 31, names: [] },
  { name: "month", least: 1, most: 12, names: MONTHS },
  // 7 is Sunday, too.
  { name: "day of the week", least: 0, most: 7, names: DAYS },
] as const;

/** The text is no mask; the message says which field, and what is allowed there. */
export class CronMaskError extends Error {
  public override readonly name = "CronMaskError";
}

/**
 * Reads `* 8-17 * * MON-FRI`: every minute from 08:00 to 17:59 on working days.
 *
 * @throws CronMaskError
 */
export function parseCronMask(text: string): CronMask {
  const words = text.trim().split(/\s+/);
  if (words.length !== FIELDS.length)
    throw new CronMaskError(
      `"${text}" has ${words.length} fields; cron has five: ${FIELDS.map(({ name }) => name).join(", ")}`,
    );
  return FIELDS.map((field, index) => parseField(words[index] ?? "", field));
}

/** Days count as cron counts them: where both fields name some, either is enough. */
export function matchesMask([minutes, hours, days, months, weekdays]: CronMask, at: WallMinute): boolean {
  const isDay = days?.has(at.day) ?? true;
  const isWeekday = weekdays?.has(at.weekday) ?? true;
  const isOn = days !== undefined && weekdays !== undefined ? isDay || isWeekday : isDay && isWeekday;
  return (
    isOn &&
    (minutes?.has(at.minute) ?? true) &&
    (hours?.has(at.hour) ?? true) &&
    (months?.has(at.month) ?? true)
  );
}

type Field = (typeof FIELDS)[number];

function parseField(word: string, field: Field): CronField {
  if (word === "*") return undefined;
  const values = word.split(",").flatMap((part) => parsePart(part, field));
  return new Set(values.map((value) => (field.name === "day of the week" ? value % 7 : value)));
}

/** `5`, `8-17`, `MON-FRI`, `*\/15`, `0-30/10`. */
function parsePart(part: string, field: Field): readonly number[] {
  const [, range = "", first = "", last, step] =
    /^((\*|[A-Z]{3}|\d{1,2})(?:-([A-Z]{3}|\d{1,2}))?)(?:\/(\d{1,2}))?$/i.exec(part) ?? [];
  const from = range.startsWith("*") ? field.least : numberOf(first, field);
  const upto = range === "*" ? field.most : last === undefined ? from : numberOf(last, field);
  const every = step === undefined ? 1 : Number(step);
  const isWrong = from === undefined || upto === undefined || upto < from || every < 1 || range === "*-";
  if (isWrong || (first === "*" && last !== undefined)) {
    const names = field.names.length === 0 ? "" : `, or ${field.names[0]} to ${field.names.at(-1)}`;
    throw new CronMaskError(
      `"${part}" is no ${field.name}; allowed: *, numbers from ${field.least} to ${field.most}${names}, ranges as in 1-5, steps as in */2, and lists of these`,
    );
  }
  return Array.from({ length: Math.floor((upto - from) / every) + 1 }, (_, index) => from + index * every);
}

function numberOf(word: string, { least, most, names }: Field): number | undefined {
  const named = (names as readonly string[]).indexOf(word.toUpperCase());
  if (named >= 0) return named + least;
  const value = /^\d+$/.test(word) ? Number(word) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}
