import { z } from "zod";
import { STORE_NAMES } from "../../contract/stores";
import { targetsSchema } from "../evidence/expectation-shape";
import type { FaultKind } from "../evidence/fault-kinds";
import { errorReason } from "../machine/caught-error";
import { isTimeZone, parseWindow } from "./blackout";

/** The only ways in which a deployment that is in use may be broken: each is undone by one request. */
export const STAGING_FAULTS = [
  "pool-disabled",
  "wrong-health-body",
  "health-object-removed",
] as const satisfies readonly FaultKind[];

const seconds = (least: number, most: number) => z.number().min(least).max(most);

const HOSTNAME = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/;

const fault = z.strictObject({
  store: z.enum(STORE_NAMES),
  kind: z
    .enum(STAGING_FAULTS)
    .describe(
      "pool-disabled: the store's pool is switched off through Cloudflare's API. wrong-health-body, health-object-removed: the store's health object says something else, or is gone; afterwards it is put back byte for byte.",
    ),
  holdSeconds: seconds(0, 3600)
    .default(60)
    .describe("How long it stays broken once monitors and readers have noticed."),
});

const reads = z.strictObject({
  keys: z
    .array(z.string().min(1).max(1024))
    .min(1)
    .describe("Objects that readers may read and that both stores hold, asked for in turn."),
  perSecond: seconds(0.2, 20).default(2),
  timeoutSeconds: seconds(1, 60)
    .default(10)
    .describe("After so long without the whole answer a read has failed."),
  storeHeader: z
    .string()
    .regex(/^[a-z0-9-]+$/, { error: "expected a header's name in lower case" })
    .optional()
    .describe(
      "Response header that says primary or secondary, where something of yours sets one. Left out: the health object, which names its store, is read as well.",
    ),
});

const blackout = z.strictObject({
  timeZone: z
    .string()
    .refine(isTimeZone, { error: "expected a time zone of IANA's, as in Europe/Berlin or UTC" })
    .describe("Whose clocks the windows are about."),
  windows: z
    .array(z.string().superRefine(checkWindow))
    .describe(
      'No drill runs into one. Five fields of cron, every minute that they name, as in "* 8-17 * * MON-FRI"; or two moments, as in 2026-12-18/2027-01-07.',
    ),
});

const abort = z
  .strictObject({
    failedReads: z
      .strictObject({
        share: z.number().gt(0).max(1).describe("0.2: one in five."),
        overSeconds: seconds(5, 600),
      })
      .default({ share: 0.2, overSeconds: 30 })
      .describe("So many reads failed, of those of the last seconds."),
    lagSeconds: seconds(1, 86_400)
      .optional()
      .describe("The standby is further behind. Left out: as the lag alarm is planned, else two intervals."),
    blindSeconds: seconds(5, 600)
      .default(60)
      .describe("Cloudflare has not said for so long how the other store is."),
  })
  .describe(
    "Whatever comes first ends the drill, and mends at once. That the other store is unhealthy always does.",
  );

/** `staging.yaml`: what a drill against a deployment that is in use may do, and when. */
export const STAGING_CONFIG = z
  .strictObject({
    allowedHostnames: z
      .array(z.string().regex(HOSTNAME, { error: "expected a host name in lower case, without https://" }))
      .min(1)
      .describe("Only these are ever drilled. A deployment whose host name is not here is refused."),
    reads,
    steadySeconds: seconds(1, 3600)
      .default(60)
      .describe("For so long all must be well, before and after each fault."),
    faults: z.array(fault).min(1).max(20).describe("One after the other; each is mended before the next."),
    blackout,
    abort: abort.prefault({}),
    targets: targetsSchema
      .pick({ recoverySeconds: true })
      .default({})
      .describe("What is left out is not judged; that no read fails while nothing is broken always is."),
  })
  .meta({ title: "A drill of storage-failover against a deployment" });

export type StagingConfig = z.infer<typeof STAGING_CONFIG>;
export type PlannedFault = StagingConfig["faults"][number];

/** What editors check such files by: `drill/staging/schema.json`. */
export function stagingJsonSchema(): object {
  return z.toJSONSchema(STAGING_CONFIG, { io: "input" });
}

function checkWindow(window: string, context: z.core.$RefinementCtx<string>): void {
  try {
    parseWindow(window);
  } catch (error) {
    context.addIssue(errorReason(error));
  }
}
