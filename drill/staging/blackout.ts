import { CronMaskError, matchesMask, parseCronMask, type WallMinute } from "./cron-mask";

/** Times at which nobody may drill. */
export interface Blackout {
  /** As in `Europe/Berlin`: whose clocks the windows are about. */
  readonly timeZone: string;
  /** Masks of cron, or intervals of ISO 8601 as in `2026-12-18/2027-01-07`. */
  readonly windows: readonly string[];
}

/** A window that no clock can be compared with; the message says what is allowed. */
export class BlackoutWindowError extends Error {
  public override readonly name = "BlackoutWindowError";
}

const MINUTE_MILLISECONDS = 60_000;

/** Date, or date and time, with or without an offset. */
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * The first window that is open at any minute of the time given; undefined where none is.
 *
 * @throws BlackoutWindowError
 */
export function blackoutBetween({ timeZone, windows }: Blackout, from: Date, upto: Date): string | undefined {
  const isOpen = windows.map((window) => ({ window, covers: parseWindow(window) }));
  const clock = wallClock(timeZone);
  for (let at = from.getTime(); ; at = Math.min(at + MINUTE_MILLISECONDS, upto.getTime())) {
    const wall = clock(new Date(at));
    const open = isOpen.find(({ covers }) => covers(wall, at));
    if (open !== undefined) return `${open.window} (${timeZone})`;
    if (at >= upto.getTime()) return undefined;
  }
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** A minute on the wall, and the same as a text that sorts by time: `2026-12-18T09:30`. */
interface WallTime extends WallMinute {
  readonly text: string;
}

type Covers = (wall: WallTime, at: number) => boolean;

/** @throws BlackoutWindowError */
export function parseWindow(window: string): Covers {
  if (/\s/.test(window.trim())) return cronWindow(window);
  const [begin = "", end = "", ...more] = window.split("/");
  if (more.length > 0 || !MOMENT.test(begin) || !MOMENT.test(end)) {
    throw new BlackoutWindowError(
      `"${window}" is no window; allowed: five fields of cron, as in "* 8-17 * * MON-FRI", or two moments, as in 2026-12-18/2027-01-07 or 2026-11-27T18:00/2026-11-28T06:00`,
    );
  }
  const before = isBefore(begin);
  const notOver = isBefore(end);
  if (Date.parse(begin) >= Date.parse(end))
    throw new BlackoutWindowError(`"${window}" ends before it begins`);
  return (wall, at) => !before(wall, at) && notOver(wall, at);
}

function cronWindow(window: string): Covers {
  try {
    const mask = parseCronMask(window);
    return (wall) => matchesMask(mask, wall);
  } catch (error) {
    if (error instanceof CronMaskError) throw new BlackoutWindowError(error.message, { cause: error });
    throw error;
  }
}

/** Whether a minute lies before the moment: by the clock of the place, unless the moment has an offset of its own. */
function isBefore(moment: string): Covers {
  const instant = MOMENT.exec(moment)?.[1] === undefined ? undefined : Date.parse(moment);
  if (Number.isNaN(instant ?? Date.parse(moment)))
    throw new BlackoutWindowError(`"${moment}" is no date of the calendar`);
  if (instant !== undefined) return (_wall, at) => at < instant;
  const local = moment.length === 10 ? `${moment}T00:00` : moment;
  return ({ text }) => text < local;
}

/** What the clocks of a place show at an instant. */
function wallClock(timeZone: string): (at: Date) => WallTime {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  });
  return (at) => {
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const { year = "", month = "", day = "", hour = "", minute = "", second = "" } = parts;
    return {
      minute: Number(minute),
      hour: Number(hour),
      day: Number(day),
      month: Number(month),
      weekday: new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDay(),
      text: `${year}-${month}-${day}T${hour}:${minute}:${second}`,
    };
  };
}
