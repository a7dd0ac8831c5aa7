import { z } from "zod";
import { expectedSchema, targetsSchema } from "../evidence/expectation-shape";
import { identifier, STEP } from "./step-schema";

/** What goes on beside the story. */
const LOAD = z.strictObject({
  readersPerSecond: z.number().min(1).max(200).default(40).describe("Of this machine, not scaled."),
  writesPerSecond: z.number().min(0.1).max(100).default(5).describe("Of this machine, not scaled."),
  objects: z.int().min(1).max(1_000_000).default(100).describe("On both stores before anything happens."),
});

/** What is in which set, beside `all`. */
export const SCENARIO_SETS = ["ci"] as const;

/** A scenario: `drill/scenarios/<id>.yaml`, or a file of the user's own. */
export const SCENARIO = z
  .strictObject({
    id: identifier.describe("The file's own name."),
    title: z.string().min(3).max(90),
    proves: z
      .string()
      .min(20)
      .max(300)
      .describe("One sentence: what is known when this came out as expected."),
    sets: z.array(z.enum(SCENARIO_SETS)).default([]).describe("Besides all: the sets that it is in."),
    speed: z
      .number()
      .min(1)
      .max(1000)
      .default(30)
      .describe(
        "Seconds of the real deployment that pass in one second. Time-outs are never shorter than a second of this machine: a scenario about time-outs needs 5 or less.",
      ),
    load: LOAD.prefault({}),
    checkRegions: z
      .array(z.string().regex(/^[A-Z]+$/))
      .min(1)
      .optional()
      .describe("Regions that monitors probe from, as Cloudflare calls them. Left out: the plan's own."),
    schedule: z
      .enum(["on", "off"])
      .default("on")
      .describe("Whether the replicator runs on its schedule from the beginning."),
    steps: z.array(STEP).min(1),
    lastRun: z
      .enum(["clean", "failed"])
      .default("clean")
      .describe(
        "How a run of the replicator ends when everything is mended. failed: deletions are withheld, or keys cannot be copied.",
      ),
    expected: expectedSchema.default({}),
    targets: targetsSchema.default({}),
  })
  .meta({ title: "A scenario of storage-failover drill" });

export type Scenario = z.infer<typeof SCENARIO>;
