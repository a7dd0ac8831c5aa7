import type { FanOutAnswer, FanOutRequest } from "../../contract/fan-out";
import type { StoreName } from "../../contract/stores";
import { DnsOverHttpsMarker } from "../marker/dns-over-https";
import { environmentCredentials } from "../s3/environment-credentials";
import type { ObjectClient } from "../s3/object-client";
import { openObjectClient } from "../s3/open-object-client";
import { secretCredentials } from "../s3/secret-credentials";
import { systemClock } from "./clock";
import { type ReplicatorConfig, readConfig } from "./config";
import { type BatchAnswer, type QueueEvent, runEvents } from "./events-driver";
import { runFanOut } from "./fan-out-driver";
import type { RunReport } from "./report";
import { run } from "./run";
import { isSuccess, runLogLine } from "./run-log";
import type { RunOptions } from "./run-options";

/** What the function uses of Lambda's context. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

/** The run was not clean: Lambda counts the invocation as an error, and the log has the whole report. */
export class RunFailedError extends Error {
  public override readonly name = "RunFailedError";
}

const config = readConfig(process.env);
const clients = { primary: clientFor("primary", config), secondary: clientFor("secondary", config) };
const marker = new DnsOverHttpsMarker({ recordName: config.markerName, resolvers: config.resolvers });

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

function optionsFor(context: InvocationContext, by: string): RunOptions {
  // What is in flight when time runs out may take as long as a request may, and the state is written after.
  const reserve = Math.min(2 * config.requestTimeoutSeconds * 1000, context.getRemainingTimeInMillis() / 2);
  return {
    clients,
    marker,
    holdMilliseconds: config.holdSeconds * 1000,
    budgetMilliseconds: context.getRemainingTimeInMillis() - reserve,
    by,
    watermarkMarginMilliseconds: config.watermarkMarginSeconds * 1000,
    leaseMilliseconds: config.leaseSeconds * 1000,
    clock: systemClock,
    random: Math.random,
    onCopied: config.logsCopies ? (record) => console.log(JSON.stringify(record)) : undefined,
  };
}

function clientFor(
  store: StoreName,
  { stores, requestTimeoutSeconds, s3Client }: ReplicatorConfig,
): ObjectClient {
  const { credentialsSecret, ...location } = stores[store];
  const credentials =
    credentialsSecret === undefined
      ? environmentCredentials(process.env)
      : secretCredentials(credentialsSecret);
  return openObjectClient(s3Client, { ...location, credentials, requestTimeoutSeconds });
}
