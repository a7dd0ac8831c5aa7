import { z } from "zod";

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

/** The worst of each, where there are several. */
const REPORT = z.object({
  startedAt: z.string(),
  passed: z.boolean(),
  stores: z.record(z.string(), z.object({ product: z.string() })).catch({}),
  recovery: z
    .object({ dataPlaneSeconds: z.number().nullable(), controlPlaneSeconds: z.number().nullable() })
    .nullable()
    .catch(null),
  outages: z.array(z.object({ detectionSeconds: z.number().nullable() })).catch([]),
  rpo: z.object({ seconds: z.number().nullable() }).nullable().catch(null),
  flips: z.array(z.object({ planned: z.boolean(), writesPausedSeconds: z.number() })).catch([]),
});

/** From a `report.json`: what it does not have is left out. Undefined for what is no report. */
export function measuredBy(report: unknown): Measured | undefined {
  const { success, data } = REPORT.safeParse(report);
  if (!success) return undefined;
  const { startedAt, passed, stores, recovery, outages, rpo, flips } = data;
  const products = new Set(Object.values(stores).map(({ product }) => product));
  return parsed({
    startedAt,
    passed,
    stores: [...products].join(" and ") || undefined,
    readsSeconds: recovery?.dataPlaneSeconds ?? undefined,
    writesSeconds: recovery?.controlPlaneSeconds ?? undefined,
    detectionSeconds: longest(outages.flatMap(({ detectionSeconds }) => detectionSeconds ?? [])),
    dataAtRiskSeconds: rpo?.seconds ?? undefined,
    writesPausedSeconds: longest(flips.flatMap((flip) => (flip.planned ? flip.writesPausedSeconds : []))),
  });
}

function longest(seconds: readonly number[]): number | undefined {
  return seconds.length === 0 ? undefined : Math.max(...seconds);
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
