import { z } from "zod";
import { at } from "./plan-walk";

const seconds = z.number().min(0).optional();

const MEASURED = z.object({
  startedAt: z.iso.datetime(),
  passed: z.boolean(),
  stores: z.string().optional(),
  readsSeconds: seconds,
  writesSeconds: seconds,
  detectionSeconds: seconds,
  dataAtRiskSeconds: seconds,
  writesPausedSeconds: seconds,
});

/**
 * What the last drill measured, in seconds of the real deployment: for how long reads failed, from the loss until writers
 * were acknowledged again, until the monitors had noticed, the data at risk, and for how long a planned flip paused writers.
 */
export type Measured = Readonly<z.infer<typeof MEASURED>>;

/** From a `report.json` of any version: what it does not have is left out. Undefined for what is no report. */
export function measuredBy(report: unknown): Measured | undefined {
  const products = ["primary", "secondary"].map((store) => at(report, "stores", store, "product"));
  return parsed({
    startedAt: at(report, "startedAt"),
    passed: at(report, "passed"),
    stores: [...new Set(products)].filter((one) => typeof one === "string").join(" and ") || undefined,
    readsSeconds: at(report, "failover", "rtoSeconds"),
    writesSeconds: at(report, "recovery", "writesSeconds"),
    detectionSeconds: at(report, "failover", "detectionSeconds"),
    dataAtRiskSeconds: at(report, "rpo", "seconds"),
    writesPausedSeconds: at(report, "failback", "writesPausedSeconds"),
  });
}

const BEGIN = "<!-- measured: ";
const END = " -->";

/** Kept in the runbook itself, so that a pipeline without the report can tell whether the rest is as it should be. */
export function measuredComment(measured: Measured | undefined): string {
  return `${BEGIN}${JSON.stringify(measured ?? null)}${END}`;
}

/** What a runbook that exists was made with. */
export function measuredIn(runbook: string): Measured | undefined {
  const line = runbook.split("\n").find((one) => one.startsWith(BEGIN) && one.endsWith(END));
  if (line === undefined) return undefined;
  try {
    return parsed(JSON.parse(line.slice(BEGIN.length, -END.length)));
  } catch {
    return undefined;
  }
}

function parsed(value: unknown): Measured | undefined {
  const { success, data } = MEASURED.safeParse(value);
  return success ? data : undefined;
}
