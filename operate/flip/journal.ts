import { z } from "zod";
import { STORE_NAMES } from "../../contract/stores";

/** Version of the file's format. */
const JOURNAL_VERSION = 1;

/** What a flip consists of, in the order in which a planned one does it; an unplanned one moves and verifies only. */
export const FLIP_STEPS = [
  "pause",
  "fence-before",
  "pass",
  "marker",
  "order",
  "fence-after",
  "resume",
  "verify",
] as const;

export type FlipStepId = (typeof FLIP_STEPS)[number];

const moment = z.iso.datetime();

const shape = z.strictObject({
  version: z.literal(JOURNAL_VERSION),
  to: z.enum(STORE_NAMES),
  planned: z.boolean(),
  begunAt: moment,
  /** What the marker said when the flip was judged; absent where nobody could read it. */
  markerBefore: z.string().optional(),
  /** Of the process that is at it. */
  pid: z.int().positive(),
  done: z.array(z.strictObject({ step: z.enum(FLIP_STEPS), at: moment })),
  /** The active store's clock when no writer could write any more. */
  quietSince: moment.optional(),
  ended: z.strictObject({ at: moment, outcome: z.enum(["flipped", "called-off", "taken-over"]) }).optional(),
});

/** How far a flip has come; saved before and after each step, so that the same command goes on where it ended. */
export type FlipJournal = Readonly<z.infer<typeof shape>>;

export type FlipOutcome = NonNullable<FlipJournal["ended"]>["outcome"];

export function newJournal(
  { to, planned, markerBefore }: Pick<FlipJournal, "to" | "planned" | "markerBefore">,
  now: Date,
): FlipJournal {
  const begunAt = now.toISOString();
  return { version: JOURNAL_VERSION, to, planned, begunAt, markerBefore, pid: process.pid, done: [] };
}

/** Whether somebody is at it, or has left it in the middle. */
export function isUnfinished(journal: FlipJournal | undefined): journal is FlipJournal {
  return journal !== undefined && journal.ended === undefined;
}

/** When a step was done; undefined when it was not. */
export function doneAt({ done }: FlipJournal, step: FlipStepId): string | undefined {
  return done.find((one) => one.step === step)?.at;
}

/** Undefined for a text that is no journal. */
export function parseJournal(text: string): FlipJournal | undefined {
  try {
    return shape.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
