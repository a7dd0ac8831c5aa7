import type { FanOutAnswer, FanOutRequest } from "../../contract/fan-out";
import { type BatchAnswer, type QueueEvent, runEvents } from "./events-driver";
import { runFanOut } from "./fan-out-driver";
import { config, type InvocationContext, optionsFor, tellingOptions } from "./invocation";
import { isSuccess, type RunReport } from "./report";
import { run } from "./run";
import { metricLine, runLogLine, writeLine } from "./run-log";
import { runMetrics } from "./run-metrics";
import { tell } from "./telling/tell";

/** The run was not clean: Lambda counts the invocation as an error, and the log has the whole report. */
export class RunFailedError extends Error {
  public override readonly name = "RunFailedError";
}

/** A sweep: one run over the whole key space, as far as the time goes. */
export async function handler(_event: unknown, context: InvocationContext): Promise<RunReport> {
  const report = await run(optionsFor(context, "sweep"));
  await conclude(report, context);
  if (!isSuccess(report)) {
    throw new RunFailedError(
      `run ${report.outcome}: ${report.reason ?? `${report.exceptionCounts.failed} keys failed`}`,
    );
  }
  return report;
}

/** The log first: it has to be there whatever becomes of telling others. */
async function conclude(report: RunReport, context: InvocationContext): Promise<void> {
  const { bucket } = config.stores.primary;
  // getrusage counts in KiB.
  const metrics = runMetrics(report, process.resourceUsage().maxRSS * 1024);
  writeLine(runLogLine(report, bucket, metrics));
  const telling = await tell(report, metrics, tellingOptions(context));
  if (telling !== undefined) writeLine(metricLine(telling.told, Date.now(), bucket, telling.metrics));
}

/** Messages of the queue: each names a key of the primary that was written. */
export async function events(event: QueueEvent, context: InvocationContext): Promise<BatchAnswer> {
  const { answer, report } = await runEvents(
    optionsFor(context, "events"),
    config.stores.primary.bucket,
    event,
  );
  writeLine(JSON.stringify({ event: "events", report }));
  return answer;
}

/** A state of the fan-out's state machine: plans it, does a piece of a range, or ends it. */
export async function range(request: FanOutRequest, context: InvocationContext): Promise<FanOutAnswer> {
  const answer = await runFanOut(
    {
      ...optionsFor(context, "fan-out"),
      onReport: (number, report) => writeLine(JSON.stringify({ event: "range", range: number, report })),
    },
    request,
  );
  if (request.task !== "range") writeLine(JSON.stringify({ event: request.task, answer }));
  return answer;
}
