import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import {
  ListObjectsV2Command,
  type ListObjectVersionsCommand,
  type PutObjectCommand,
} from "@aws-sdk/client-s3";

/** Hooks for what the SDK's own types leave out: each changes one command, and nothing else. */

export interface CapturedAnswer {
  /** The answer's `Date`. */
  readonly date: Date | undefined;
  /** Its body, before anything was made of it. */
  readonly document: string;
}

/** Where in the SDK's stack an answer is still as it came. */
const BEFORE_PARSING = { step: "deserialize", priority: "low" } as const;

/** Keeps what the SDK drops of the answer to a listing. */
export function captureAnswer(command: ListObjectsV2Command | ListObjectVersionsCommand): CapturedAnswer {
  const captured: Capture = { date: undefined, document: "" };
  // The same twice: the two stacks have types of their own.
  if (command instanceof ListObjectsV2Command) {
    command.middlewareStack.add((next) => async (args) => keep(captured, await next(args)), BEFORE_PARSING);
  } else {
    command.middlewareStack.add((next) => async (args) => keep(captured, await next(args)), BEFORE_PARSING);
  }
  return captured;
}

interface Capture {
  date: Date | undefined;
  document: string;
}

async function keep<Result extends { response: unknown }>(
  captured: Capture,
  result: Result,
): Promise<Result> {
  const { response } = result;
  if (!isMessage(response)) return result;
  const date = Date.parse(response.headers.date ?? "");
  captured.date = Number.isNaN(date) ? undefined : new Date(date);
  if (response.body instanceof Readable) {
    const bytes = await buffer(response.body);
    captured.document = bytes.toString("utf8");
    response.body = bytes;
  }
  return result;
}

/** Sends `Expires` as it is: the SDK takes a date only, and writers store what is none, such as `0`. */
export function sendRawExpires(command: PutObjectCommand, expires: string): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (isMessage(request)) request.headers.expires = expires;
      return next(args);
    },
    { step: "build" },
  );
}

/** Requests and answers of the transport, which the SDK passes on as `unknown`. */
function isMessage(
  message: unknown,
): message is { headers: Record<string, string | undefined>; body?: unknown } {
  return (
    typeof message === "object" &&
    message !== null &&
    "headers" in message &&
    typeof message.headers === "object" &&
    message.headers !== null
  );
}
