import { z } from "zod";
import { STORE_NAMES } from "../../contract/stores";
import { EXCEPTION_KINDS } from "../../lambda/replicator/report";
import { OUTAGE_KINDS } from "../../lib/objectives";
import { FAULT_KINDS } from "../evidence/fault-kinds";
import { INVARIANT_IDS } from "../evidence/invariants/invariant-ids";
import type { ReportJson } from "./report-shape";

const store = z.enum(STORE_NAMES);
const seconds = z.number().describe("Seconds of the real deployment.");
const count = z.int().min(0);
const text = z.string();
const range = z.strictObject({ best: seconds, mean: seconds, worst: seconds });
const product = z.strictObject({ product: text, version: text });

const outage = z.strictObject({
  store,
  fault: z.enum(FAULT_KINDS),
  detail: text.nullable(),
  role: z.enum(["active", "standby"]),
  atSeconds: seconds,
  lastedSeconds: seconds.nullable(),
  rtoSeconds: seconds.nullable().describe("From the first failed read to the first lasting good one."),
  detectionSeconds: seconds.nullable().describe("From the fault until the monitors had the pool down."),
  firstFailedReadSeconds: seconds.nullable(),
  returnSeconds: seconds.nullable().describe("From the mending until the monitors had the pool up."),
  movedSeconds: seconds.nullable().describe("From the fault until the other store alone served readers."),
  movedBackSeconds: seconds.nullable().describe("From the mending until this store served readers again."),
  failedReads: count,
  reads: count,
  edgeRetries: count,
  predictedAs: z.enum(OUTAGE_KINDS).nullable(),
  predictedSeconds: range.nullable(),
  withinPrediction: z.boolean().nullable(),
  predictedDetectionSeconds: range.nullable(),
  detectedAsPredicted: z.boolean().nullable(),
  toleranceSeconds: seconds.describe("What both comparisons allow beyond the range."),
});

const exposureFields = {
  seconds: seconds.describe("The bound on the age of what was at risk."),
  exactSeconds: seconds.nullable().describe("The true age of the oldest write that was missing."),
  announcedSeconds: seconds.nullable().describe("What the operator's command said beforehand."),
  announcedCovers: z.boolean().nullable(),
  objectsAtRisk: z.array(text),
};

const flip = z.strictObject({
  from: store,
  to: store,
  atSeconds: seconds,
  planned: z.boolean(),
  fault: z.enum(FAULT_KINDS).nullable(),
  command: text.nullable(),
  changedPaths: z.array(text).nullable(),
  orderSeconds: seconds.nullable(),
  writerSeconds: seconds.nullable(),
  writesPausedSeconds: seconds,
  interruptionSeconds: seconds.nullable(),
  failedReads: count,
  reads: count,
  exposure: z.strictObject(exposureFields).nullable(),
  lost: z.array(text).nullable(),
});

const worstRecovery = {
  dataPlaneSeconds: seconds.nullable().describe("Until readers were well for good."),
  controlPlaneSeconds: seconds.nullable().describe("Until writers were acknowledged for good."),
  bothSeconds: seconds.nullable(),
  recovered: z.boolean().describe("Both planes are well and both stores are equal again."),
};

const recovery = z.strictObject({
  store,
  fault: z.enum(FAULT_KINDS),
  atSeconds: seconds,
  ...worstRecovery,
  decisionSeconds: seconds.nullable(),
  flipSeconds: seconds.nullable(),
  reconciledSeconds: seconds.nullable(),
});

const milliseconds = z.number().describe("Milliseconds of the machine, not scaled.");

const phase = z.strictObject({
  phase: text,
  atSeconds: seconds,
  lastedSeconds: seconds,
  reads: count,
  failedReads: count,
  servedBy: z.strictObject({ primary: count, secondary: count }),
  latency: z.strictObject({ p50: milliseconds, p95: milliseconds, p99: milliseconds }).nullable(),
  writes: count,
  failedWrites: count,
});

const operator = z.strictObject({
  command: text,
  atSeconds: seconds,
  machineSeconds: z.number(),
  exitCode: z.int().nullable(),
  outcome: text.nullable(),
  reasons: z.array(text),
  requests: count,
});

const parity = z.strictObject({
  checks: count,
  objects: count,
  bytes: count,
  differences: z.array(z.strictObject({ moment: text, key: text, what: text })),
  exceptions: z.array(text),
});

const target = z.strictObject({
  id: text,
  text,
  value: z.number().nullable(),
  limit: z.number(),
  unit: z.enum(["s", "objects", "reads", "paths", "outages"]),
  met: z.boolean(),
});

const invariant = z.strictObject({
  id: z.enum(INVARIANT_IDS),
  holds: z.boolean().optional().describe("Absent: not decided; the evidence says why."),
  applies: z.boolean(),
  text,
  evidence: text,
  violations: z.array(text),
});

const exception = z.strictObject({ key: text, reason: text });

/** `report.json`. What it is made of is explained beside the types in `drill/evidence/figures.ts`. */
export const reportSchema = z.strictObject({
  $schema: text.describe("Where this schema is, from the report's folder."),
  passed: z.boolean(),
  complete: z.boolean().describe("Whether the log goes to the end of the run."),
  scenario: z.strictObject({ id: text, title: text, proves: text }).nullable().describe("Null for the demo."),
  startedAt: z.iso.datetime({ offset: true }),
  machineSeconds: z.number().describe("Seconds of the machine, not scaled."),
  speed: z.number().describe("Seconds of the real deployment in one second of the run."),
  seed: z.number(),
  commit: text.nullable(),
  stores: z.strictObject({ primary: product, secondary: product }),
  versions: z.record(text, text),
  fence: z.strictObject({ seconds, waitedSeconds: seconds }),
  outages: z.array(outage),
  flips: z.array(flip),
  recoveries: z.array(recovery),
  recovery: z.strictObject(worstRecovery).nullable().describe("The worst of all recoveries."),
  rpo: z
    .strictObject({ ...exposureFields, objectsLost: z.array(text).nullable() })
    .nullable()
    .describe("Of the first unplanned flip."),
  keys: z.strictObject({ lost: z.array(text).nullable(), late: z.array(text), conflicting: z.array(text) }),
  worstLagSeconds: seconds.nullable(),
  parity: parity.nullable(),
  replication: z.strictObject({ runs: count, copied: count, bytes: count, removed: count }),
  phases: z.array(phase),
  reads: z.strictObject({ total: count, failed: count, failedOutsideOutages: count }),
  writes: z.strictObject({ acknowledged: count, unknown: count, refused: count }),
  operators: z.array(operator),
  exceptions: z.record(z.enum(EXCEPTION_KINDS), z.array(exception)),
  targets: z.array(target),
  expectations: z.array(z.strictObject({ id: text, expected: text, found: text, met: z.boolean() })),
  invariants: z.array(invariant),
  machineDelayMilliseconds: milliseconds,
  toleranceSeconds: seconds,
  events: z
    .strictObject({
      path: text.describe("Of the raw event log, from the report's folder."),
      sha256: text.regex(/^[0-9a-f]{64}$/),
      lastHash: text
        .regex(/^[0-9a-f]{64}$/)
        .describe("Of the log's last line, which stands for all before it."),
      count,
    })
    .describe("The log from which every figure can be recomputed."),
}) satisfies z.ZodType<ReportJson>;

/** JSON Schema of `report.json`. */
export function reportJsonSchema(): object {
  return {
    ...z.toJSONSchema(reportSchema),
    title: "Report of a failover drill",
  };
}
