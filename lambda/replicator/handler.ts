import type { FanOutAnswer, FanOutRequest } from "../../contract/fan-out";
import { type BatchAnswer, type QueueEvent, runEvents } from "./events-driver";
import { runFanOut } from "./fan-out-driver";
import { config, type InvocationContext, optionsFor } from "./invocation";
import type { RunReport } from "./report";
import { run } from "./run";
import { isSuccess, runLogLine } from "./run-log";

/** The run was not clean: Lambda counts the invocation as an error, and the log has the whole report. */
export class RunFailedError extends Error {
  public override readonly name = "RunFailedError";
}

/** A sweep: one run over the whole key space, as far as the time goes. */
export async function handler(_event: unknown, context: InvocationContext): Promise<RunReport> {
  const report = await run(optionsFor(context, "sweep"));
  console.log(runLogLine(report, config.stores.primary.bucket));
  if (!isSuccess(report)) {
    throw new RunFailedError(
      `run ${report.outcome}: ${report.reason ?? `${report.exceptionCounts.failed} keys failed`}`,
    );
  }
  return report;
}

/** Messages of the queue: each names a key of the primary that was written. */
export async function events(event: QueueEvent, context: InvocationContext): Promise<BatchAnswer> {
  const { answer, report } = await runEvents(
    optionsFor(context, "events"),
    config.stores.primary.bucket,
    event,
  );
  console.log(JSON.stringify({ event: "events", report }));
  return answer;
}

/** A state of the fan-out's state machine: plans it, does a piece of a range, or ends it. */
export async function range(request: FanOutRequest, context: InvocationContext): Promise<FanOutAnswer> {
  const answer = await runFanOut(
    {
      ...optionsFor(context, "fan-out"),
      onReport: (number, report) => console.log(JSON.stringify({ event: "range", range: number, report })),
    },
    request,
  );
  if (request.task !== "range") console.log(JSON.stringify({ event: request.task, answer }));
  return answer;
}
