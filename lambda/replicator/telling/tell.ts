import { setTimeout as delay } from "node:timers/promises";
import type { RunMetrics } from "../../../contract/metrics";
import type { ReadSecret } from "../../s3/secrets-manager";
import type { Clock } from "../clock";
import type { RunReport } from "../report";
import { EXPORT_ERROR, ExportError, type ExportTarget, headersFrom, type SendMetrics } from "./export-target";
import { callHeartbeat, type Fetch, isHeartbeatDue } from "./heartbeat";
import type * as senders from "./metrics-export";

/** Whom to tell of a run beside CloudWatch; nobody, where nothing is set. */
export interface TellingConfig {
  /** Name of the secret with the URL that is called after each clean pass. */
  readonly heartbeatSecret?: string;
  readonly otlp?: ExportTarget;
  readonly pushgateway?: ExportTarget;
}

export interface TellingOptions {
  readonly config: TellingConfig;
  readonly readSecret: ReadSecret;
  readonly clock: Pick<Clock, "sleep">;
  /** The primary's. */
  readonly bucket: string;
  /** What it may take; then the run ends, whether somebody was told or not. */
  readonly budgetMilliseconds: number;
  /** @default - the runtime's own */
  readonly fetch?: Fetch;
}

/** Who was told: `told`, or why not. */
export interface Told {
  readonly event: "told";
  readonly heartbeat?: string;
  readonly otlp?: string;
  readonly pushgateway?: string;
}

export interface Telling {
  readonly told: Told;
  readonly metrics: RunMetrics;
}

/** Milliseconds that sending figures may take. */
const EXPORT_TIMEOUT_MILLISECONDS = 5_000;

/**
 * Tells everyone of a run who wants to know. Never rejects: a run is not worse because somebody could not be told.
 *
 * @returns undefined when there was nobody to tell
 */
export async function tell(
  report: RunReport,
  metrics: RunMetrics,
  options: TellingOptions,
): Promise<Telling | undefined> {
  const { heartbeatSecret, otlp, pushgateway } = options.config;
  const [heartbeat, ...exported] = await Promise.all([
    heartbeatSecret !== undefined && isHeartbeatDue(report)
      ? inTime(options, callHeartbeat(report, { ...options, secretName: heartbeatSecret }))
      : undefined,
    otlp && exportTo(otlp, "otlp", metrics, options),
    pushgateway && exportTo(pushgateway, "pushgateway", metrics, options),
  ]);
  const tried = exported.filter((outcome) => outcome !== undefined);
  if (heartbeat === undefined && tried.length === 0) return undefined;
  return {
    told: { event: "told", heartbeat, otlp: exported[0], pushgateway: exported[1] },
    metrics: {
      ...(heartbeat !== undefined && { heartbeatFailures: failures([heartbeat]) }),
      ...(tried.length > 0 && { exportFailures: failures(tried) }),
    },
  };
}

const TOLD = "told";

function failures(outcomes: readonly string[]): number {
  return outcomes.some((outcome) => outcome !== TOLD) ? 1 : 0;
}

function exportTo(
  target: ExportTarget,
  to: "otlp" | "pushgateway",
  metrics: RunMetrics,
  options: TellingOptions,
): Promise<string> {
  const { bucket, budgetMilliseconds } = options;
  const timeoutMilliseconds = Math.max(1, Math.min(EXPORT_TIMEOUT_MILLISECONDS, budgetMilliseconds));
  const sending = async () => {
    const headers = await headersOf(target, options);
    // Loaded only now: whoever tells nobody starts without what it takes.
    const { sendOtlp, pushMetrics } = require("./metrics-export") as typeof senders;
    const send: SendMetrics = to === "otlp" ? sendOtlp : pushMetrics;
    await send({ url: target.url, headers, metrics, bucket, timeoutMilliseconds });
    return undefined;
  };
  // Of a message that is not ours nobody knows what it repeats. Ours is known by name: in the zip the senders are a file
  // of their own, with a class of their own.
  const reason = (error: unknown) =>
    error instanceof Error && error.name === EXPORT_ERROR ? error.message : "it failed";
  return inTime(options, sending().catch(reason));
}

async function headersOf({ headersSecret }: ExportTarget, { readSecret }: TellingOptions) {
  if (headersSecret === undefined) return {};
  const text = await readSecret(headersSecret).catch(() => {
    throw new ExportError(`secret "${headersSecret}" cannot be read`);
  });
  return headersFrom(headersSecret, text);
}

/** What `attempt` says, undefined being success, or that it took too long. */
async function inTime(
  { budgetMilliseconds }: TellingOptions,
  attempt: Promise<string | undefined>,
): Promise<string> {
  const tooLate = delay(Math.max(0, budgetMilliseconds), "no time was left", { ref: false });
  return (await Promise.race([attempt, tooLate])) ?? TOLD;
}
