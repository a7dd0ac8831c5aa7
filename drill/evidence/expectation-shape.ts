import { z } from "zod";
import { STORE_NAMES } from "../../contract/stores";
import { EXCEPTION_KINDS } from "../../lambda/replicator/report";
import { INVARIANT_IDS } from "./invariants/invariant-ids";

const store = z.enum(STORE_NAMES);
const invariant = z.enum(INVARIANT_IDS);

/** So many exactly, or within bounds that are themselves allowed. */
const countSchema = z.union([
  z.int().min(0),
  z
    .strictObject({ atLeast: z.int().min(0).optional(), atMost: z.int().min(0).optional() })
    .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, {
      error: "give atLeast, atMost or both",
    }),
]);

/** How readers fare in one outage of a store. */
export const OUTAGE_COURSES = ["as-predicted", "unharmed", "until-mended", "harmed"] as const;

const expectedOutageSchema = z.strictObject({
  target: store.describe("The store that is broken."),
  number: z
    .int()
    .min(1)
    .optional()
    .describe("Which of that store's faults, counted from 1. Left out: the first."),
  readers: z
    .enum(OUTAGE_COURSES)
    .describe(
      "as-predicted: reads fail for as long as the plan predicts for such an outage. unharmed: no read fails. until-mended: reads fail until the fault is mended or the toggle flipped; the scenario shows a limit. harmed: some fail.",
    ),
  noticed: z
    .union([z.boolean(), z.literal("as-predicted")])
    .optional()
    .describe(
      "Whether the monitors take the store's pool out while the fault lasts; as-predicted: and as soon as the plan predicts. Left out: either is right.",
    ),
});

/**
 * What a scenario must show, judged from the event log alone. What is left out is not judged; beside this, no invariant may
 * be broken, and each must have been decided, not apply, or be named under `notApplicable`.
 */
export const expectedSchema = z.strictObject({
  failedReads: countSchema.optional().describe("Reads that failed, over the whole run."),
  outages: z.array(expectedOutageSchema).optional().describe("How readers fare while a store is broken."),
  flips: z
    .array(store)
    .optional()
    .describe(
      "The stores that became active, in order. Empty: nothing flips, as when every flip is refused.",
    ),
  refusals: countSchema
    .optional()
    .describe("Flips, and guards of a pipeline, that are refused: they end with exit code 1."),
  poolDown: z
    .strictObject({ primary: countSchema.optional(), secondary: countSchema.optional() })
    .optional()
    .describe("How often the monitors take a store's pool out."),
  exceptions: z
    .partialRecord(z.enum(EXCEPTION_KINDS), countSchema)
    .optional()
    .describe("Keys that any run of the replicator named, by kind."),
  runs: z
    .partialRecord(z.enum(["clean", "incomplete", "failed", "stopped", "yielded"]), countSchema)
    .optional()
    .describe("Runs of the replicator, by outcome."),
  overtakenRuns: countSchema.optional().describe("Runs of the replicator that a flip came in the middle of."),
  lost: countSchema
    .optional()
    .describe("Keys whose last acknowledged value is in no store at the end. Left out: none may be."),
  equalAtEnd: z
    .boolean()
    .optional()
    .describe(
      "Whether the stores are equal at the end, exceptions aside. Left out: they must be, where they are compared.",
    ),
  notApplicable: z
    .partialRecord(invariant, z.string().min(10))
    .optional()
    .describe("Invariants that this story cannot decide, each with the reason."),
  decides: z
    .array(invariant)
    .optional()
    .describe("Invariants that this story is there to show: for these, not applicable is no answer."),
});

export type Expected = z.infer<typeof expectedSchema>;

const seconds = z.number().min(0);

/** Limits in seconds of the real deployment. What is left out is not judged, unless it says otherwise. */
export const targetsSchema = z.strictObject({
  recoverySeconds: seconds.optional().describe("The longest that reads may fail in one outage."),
  writesResumeSeconds: seconds
    .optional()
    .describe("The longest from the loss of the active store until writers are acknowledged again."),
  flipSeconds: seconds
    .optional()
    .describe("The same from the flip, which leaves out the time taken to decide."),
  writesPausedSeconds: seconds
    .optional()
    .describe("The longest that a planned flip makes writers hold back."),
  dataAtRiskSeconds: seconds
    .optional()
    .describe(
      "The most seconds of writes that may be at risk at an unplanned flip. Left out: two of the replicator's intervals.",
    ),
  lagSeconds: seconds.optional().describe("The greatest lag of replication at any time."),
});
