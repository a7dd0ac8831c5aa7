import { isReservedKey } from "../../contract/state-keys";
import { MarkerUnreadableError } from "../marker/marker-reader";
import { runKeys } from "./run";
import type { RunOptions } from "./run-options";

/** The part of Lambda's event from a queue that is used. */
export interface QueueEvent {
  readonly Records: readonly QueueMessage[];
}

export interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
}

/** What of a batch comes back to be tried again; all else is removed from the queue. */
export interface BatchAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** What one batch came to, for the log. */
export interface EventsReport {
  readonly messages: number;
  readonly keys: number;
  readonly copied: number;
  readonly unchanged: number;
  /** Keys that need a person or the next sweep; the sweep's report names them. */
  readonly exceptions: number;
  /** Messages that come back. */
  readonly returned: number;
  /** Why not everything was done. */
  readonly reason?: string;
  /** Messages that are no events of this bucket, by id. */
  readonly malformed: readonly string[];
}

export interface EventsRun {
  readonly answer: BatchAnswer;
  readonly report: EventsReport;
}

/**
 * Looks at the keys that a batch of S3 events names. What an event says of a key is not believed: it may be late, out of
 * order or there twice.
 *
 * @param bucket - the primary's: the only one that sends events
 */
export async function runEvents(options: RunOptions, bucket: string, event: QueueEvent): Promise<EventsRun> {
  const messages = new Map(event.Records.map(({ messageId, body }) => [messageId, keysOf(body, bucket)]));
  const keys = [...new Set([...messages.values()].flatMap((named) => named ?? []))];
  const { reason, settled } = await settle(options, keys);
  const isDone = (key: string) => {
    const outcome = settled === "nothing to do" ? "unchanged" : settled.get(key)?.outcome;
    return outcome !== undefined && outcome !== "failed";
  };
  const returned = [...messages].filter(([, named]) => named === undefined || !named.every(isDone));
  const outcomes = settled === "nothing to do" ? [] : [...settled.values()].map(({ outcome }) => outcome);
  const count = (outcome: string) => outcomes.filter((one) => one === outcome).length;
  const [copied, unchanged] = [count("copied"), count("unchanged")];
  return {
    answer: { batchItemFailures: returned.map(([itemIdentifier]) => ({ itemIdentifier })) },
    report: {
      messages: messages.size,
      keys: keys.length,
      copied,
      unchanged,
      exceptions: outcomes.length - copied - unchanged,
      returned: returned.length,
      reason,
      malformed: [...messages].filter(([, named]) => named === undefined).map(([id]) => id),
    },
  };
}

type Settlement = Pick<Awaited<ReturnType<typeof runKeys>>, "reason"> & {
  readonly settled: Awaited<ReturnType<typeof runKeys>>["settled"] | "nothing to do";
};

async function settle(options: RunOptions, keys: readonly string[]): Promise<Settlement> {
  try {
    if (keys.length === 0) return { settled: "nothing to do" };
    const { active } = await options.marker.read();
    // While the primary is the standby, its events tell of replication's own copies.
    if (active !== "primary") return { settled: "nothing to do", reason: `${active} is active` };
    return await runKeys(options, keys);
  } catch (error) {
    if (!(error instanceof MarkerUnreadableError)) throw error;
    return { settled: new Map(), reason: error.message };
  }
}

/**
 * The keys to look at; undefined when the message is no event of the bucket.
 *
 * Whether EventBridge encodes keys is not documented, and servers that stand in for it do. Both readings are looked at: a
 * key that nobody has costs two requests and changes nothing.
 */
export function keysOf(body: string, bucket: string): readonly string[] | undefined {
  const { detail } = parse(body);
  const key = detail?.object?.key;
  if (detail?.bucket?.name !== bucket || typeof key !== "string" || key === "") return undefined;
  return [...new Set([key, decoded(key)])].filter((reading) => !isReservedKey(reading));
}

interface S3Event {
  readonly detail?: {
    readonly bucket?: { readonly name?: unknown };
    readonly object?: { readonly key?: unknown };
  };
}

function parse(body: string): S3Event {
  try {
    return (JSON.parse(body) ?? {}) as S3Event;
  } catch {
    return {};
  }
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}
