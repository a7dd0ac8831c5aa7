import { isReservedKey } from "../../contract/state-keys";
import { MarkerUnreadableError } from "../marker/marker-reader";
import { runKeys } from "./run";
import type { RunOptions } from "./run-options";
import { runTags, type TagsReport } from "./run-tags";

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
  /** Keys of which only the tags were changed. */
  readonly retagged: number;
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
  const messages = event.Records.map(({ messageId, body }) => ({ messageId, ...changeOf(body, bucket) }));
  const keys = [...new Set(messages.flatMap(({ keys = [] }) => keys))];
  const tagged = new Set(messages.flatMap(({ keys = [], ofTags }) => (ofTags ? keys : [])));
  const settlement = await settle(options, keys, tagged);
  const returned = messages.filter((message) => !message.keys?.every((key) => settlement.done.has(key)));
  return {
    answer: { batchItemFailures: returned.map(({ messageId }) => ({ itemIdentifier: messageId })) },
    report: {
      messages: messages.length,
      keys: keys.length,
      ...settlement.figures,
      returned: returned.length,
      reason: settlement.reason,
      malformed: messages.filter((message) => message.keys === undefined).map(({ messageId }) => messageId),
    },
  };
}

interface Settlement {
  /** Keys of which there is nothing left to do for an event. */
  readonly done: ReadonlySet<string>;
  readonly reason?: string;
  readonly figures: Pick<EventsReport, "copied" | "unchanged" | "exceptions" | "retagged">;
}

const NOTHING = { copied: 0, unchanged: 0, exceptions: 0, retagged: 0 };

async function settle(
  options: RunOptions,
  keys: readonly string[],
  tagged: ReadonlySet<string>,
): Promise<Settlement> {
  if (keys.length === 0) return { done: new Set(), figures: NOTHING };
  try {
    const { active } = await options.marker.read();
    // While the primary is the standby, its events tell of replication's own copies.
    if (active !== "primary") return { done: new Set(keys), reason: `${active} is active`, figures: NOTHING };
  } catch (error) {
    if (!(error instanceof MarkerUnreadableError)) throw error;
    return { done: new Set(), reason: error.message, figures: NOTHING };
  }
  const deadline = options.clock.monotonic() + options.budgetMilliseconds;
  const { settled, reason } = await runKeys(options, keys);
  const outcomes = [...settled].map(([key, { outcome }]) => ({ key, outcome }));
  const count = (wanted: string) => outcomes.filter(({ outcome }) => outcome === wanted).length;
  const [copied, unchanged] = [count("copied"), count("unchanged")];
  // A copy came with its tags.
  const looked = outcomes.filter(({ key, outcome }) => outcome === "unchanged" && tagged.has(key));
  const tags = await settleTags(
    { ...options, budgetMilliseconds: deadline - options.clock.monotonic() },
    looked.map(({ key }) => key),
  );
  const isLeft = new Set(looked.map(({ key }) => key).filter((key) => !tags.equal.has(key)));
  const done = outcomes.filter(({ key, outcome }) => outcome !== "failed" && !isLeft.has(key));
  return {
    done: new Set(done.map(({ key }) => key)),
    reason: reason ?? tags.reason,
    figures: {
      copied,
      unchanged,
      exceptions: outcomes.length - copied - unchanged,
      retagged: tags.changed,
    },
  };
}

/** Asks nobody where there is nothing to ask. */
async function settleTags(options: RunOptions, keys: readonly string[]): Promise<TagsReport> {
  return keys.length === 0 ? { equal: new Set(), changed: 0 } : runTags(options, keys);
}

/** What a message says; no keys when it is no event of the bucket. */
function changeOf(
  body: string,
  bucket: string,
): { readonly keys?: readonly string[]; readonly ofTags: boolean } {
  const ofTags = String(parse(body)["detail-type"]).startsWith("Object Tags ");
  return { keys: keysOf(body, bucket), ofTags };
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
  readonly "detail-type"?: unknown;
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
