import { HANDLERS } from "../../../contract/handlers";
import type { QueueEvent } from "../../../lambda/replicator/events-driver";
import { startLambdaProcess } from "../../lambda-process/lambda-process";
import { FUNCTION_ZIP } from "../../stage/set-stage";
import { type SeededRandom, seededRandom } from "../../workload/seeded-random";
import { type ScenarioStage, StepFailedError } from "../scenario-stage";
import type { StepOf } from "../step-schema";

type Messages = QueueEvent["Records"];

/** The queue's `maxReceiveCount`: a message that comes back so often is a dead letter. */
const MOST_DELIVERIES = 5;

/** Delivers S3's events to the function that takes them, as EventBridge and the queue would. @throws StepFailedError */
export async function events(stage: ScenarioStage, step: StepOf<"events">): Promise<void> {
  const random = seededRandom(stage.seed);
  let messages = ordered(messagesOf(stage, step), step.order, random);
  const taker = await startEventsFunction(stage);
  try {
    for (let delivery = 1; messages.length > 0; delivery += 1) {
      if (delivery > MOST_DELIVERIES) {
        throw new StepFailedError(
          `${messages.length} events came back ${MOST_DELIVERIES} times, the last time because ${taker.reason}`,
        );
      }
      messages = await taker.deliver(messages, step.batch);
    }
  } finally {
    await taker.stop();
  }
  if (step.copied !== undefined && taker.copied !== step.copied) {
    throw new StepFailedError(`events had ${taker.copied} objects copied; expected ${step.copied}`);
  }
}

/** One event for each put that the primary acknowledged or may have taken, as often as it is to be there. */
function messagesOf(stage: ScenarioStage, { prefix, copies }: StepOf<"events">): Messages {
  const bucket = stage.stores.running.primary.bucketName;
  const puts = stage.events.filter(
    (event) =>
      event.type === "write" &&
      event.operation === "put" &&
      event.store === "primary" &&
      event.outcome !== "refused" &&
      event.key.startsWith(prefix),
  );
  const bodies = puts.map((event) =>
    JSON.stringify({
      "detail-type": "Object Created",
      source: "aws.s3",
      detail: { bucket: { name: bucket }, object: { key: "key" in event ? event.key : "" } },
    }),
  );
  if (bodies.length === 0) throw new StepFailedError(`nothing was put on the primary under "${prefix}"`);
  return Array.from({ length: copies }, (_, copy) =>
    bodies.map((body, index) => ({ messageId: `${copy}-${index}`, body })),
  ).flat();
}

function ordered(messages: Messages, order: StepOf<"events">["order"], random: SeededRandom): Messages {
  if (order === "as-written") return messages;
  if (order === "reversed") return messages.toReversed();
  return messages
    .map((message) => ({ message, place: random.fraction() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ message }) => message);
}

interface EventsFunction {
  /** Objects copied so far. */
  readonly copied: number;
  /** Why the last batch was not done whole. */
  readonly reason: string;
  /** Delivers all and returns what comes back. */
  deliver(messages: Messages, batch: number): Promise<Messages>;
  stop(): Promise<void>;
}

/** From the same zip as the sweep, in a process of its own. */
async function startEventsFunction(stage: ScenarioStage): Promise<EventsFunction> {
  const { plans, stores, functionVariables, replicator } = stage;
  let copied = 0;
  let reason = "it failed";
  const lambda = await startLambdaProcess({
    zipFile: FUNCTION_ZIP,
    handler: HANDLERS.events,
    environment: functionVariables,
    region: stores.access.primary.region,
    role: stores.access.primary,
    timeoutSeconds: plans.primary.replicator.timeoutSeconds,
    memoryMiB: plans.primary.replicator.memoryMiB,
    onLog: (line) => {
      replicator.logCopy(line);
      const report = reportIn(line);
      copied += report?.copied ?? 0;
      reason = report?.reason ?? reason;
    },
  });
  return {
    get copied() {
      return copied;
    },
    get reason() {
      return reason;
    },
    deliver: async (messages, batch) => {
      const back: Messages[number][] = [];
      for (let at = 0; at < messages.length; at += batch) {
        stage.signal.throwIfAborted();
        const records = messages.slice(at, at + batch);
        const returned = returnedIn(await lambda.invoke({ Records: records }));
        back.push(...records.filter(({ messageId }) => returned.has(messageId)));
      }
      return back;
    },
    stop: () => lambda.stop(),
  };
}

function returnedIn(answer: unknown): ReadonlySet<string> {
  const { batchItemFailures } = answer as { batchItemFailures: { itemIdentifier: string }[] };
  return new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
}

interface LoggedReport {
  readonly copied: number;
  readonly reason?: string;
}

/** The line that ends each batch's log. */
function reportIn(line: string): LoggedReport | undefined {
  try {
    const entry = JSON.parse(line) as { readonly event?: unknown; readonly report?: LoggedReport } | null;
    return entry?.event === "events" ? entry.report : undefined;
  } catch {
    return undefined;
  }
}
