import { z } from "zod";
import { EXCEPTION_KINDS } from "../../lambda/replicator/report";
import { OUTAGE_KINDS } from "../../lib/objectives";

const count = z.int().min(0);

/** Either exactly so many, or bounds; a bound that is left out does not bind. */
const counted = z.union([count, z.strictObject({ least: count.optional(), most: count.optional() })]);

const store = z.enum(["primary", "secondary"]);

/**
 * What must come true in a scenario, judged from the event log alone. A part that is left out is not judged;
 * the invariants always are.
 */
export const EXPECTED = z.strictObject({
  reads: z
    .strictObject({
      failing: z
        .enum(["never", "as-predicted", "while-broken"])
        .describe(
          "never: no read fails. as-predicted: reads fail for as long as the plan predicts for `outage`. while-broken: nothing helps until the fault is mended; the scenario shows a limit.",
        ),
      outage: z
        .enum(OUTAGE_KINDS)
        .optional()
        .describe("Which prediction counts; with as-predicted only. Left out: the one of the first fault."),
      atMostSeconds: z.number().positive().optional().describe("Seconds of the real deployment."),
    })
    .optional(),
  poolDown: z
    .strictObject({ primary: counted.optional(), secondary: counted.optional() })
    .optional()
    .describe("How often the monitors take a store's pool out."),
  flips: z
    .array(store)
    .optional()
    .describe("The store that becomes active, flip by flip. Empty: nothing flips."),
  refusals: counted.optional().describe("Commands of the operator that end with exit code 1."),
  exceptions: z
    .partialRecord(z.enum(EXCEPTION_KINDS), counted)
    .optional()
    .describe("Exceptions that the last run of the replicator names, by kind."),
  runs: z
    .partialRecord(z.enum(["clean", "incomplete", "failed", "stopped", "yielded"]), counted)
    .optional()
    .describe("Runs of the replicator, by outcome."),
  equalAtEnd: z
    .boolean()
    .optional()
    .describe(
      "Whether the stores are equal at the end, exceptions aside. Left out: they must be, if they were compared.",
    ),
  lost: z
    .union([count, z.array(z.string())])
    .optional()
    .describe("Objects whose last acknowledged value is in no store at the end: how many, or which keys."),
  conflicting: z.array(z.string()).optional().describe("Keys with values on both sides, both kept."),
  late: z
    .union([counted, z.array(z.string())])
    .optional()
    .describe("Keys written on the lost store after the last sync point: how many, or which."),
  notApplicable: z
    .partialRecord(z.string().regex(/^I([1-9]|1[0-2])$/), z.string().min(1))
    .optional()
    .describe("Invariants that this story cannot decide, each with the reason."),
});

/** See `EXPECTED`. */
export type Expected = z.infer<typeof EXPECTED>;

export type Counted = z.infer<typeof counted>;

/** What a scenario is measured against, in seconds of the real deployment. */
export const TARGETS = z.strictObject({
  recoverySeconds: z.number().positive().optional().describe("The longest that reads may fail."),
  writeRecoverySeconds: z
    .number()
    .positive()
    .optional()
    .describe("The longest from the fault until writers are acknowledged again."),
  dataAtRiskSeconds: z
    .number()
    .positive()
    .optional()
    .describe("The most seconds of writes that may be at risk."),
});

export type Targets = z.infer<typeof TARGETS>;
