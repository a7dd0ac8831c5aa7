import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { $Command } from "@aws-sdk/client-s3";

/** Hooks for what the SDK's own types leave out: each changes one command, and nothing else. */

export interface CapturedAnswer {
  /** The answer's `Date`. */
  readonly date: Date | undefined;
  /** Its body, before anything was made of it. */
  readonly document: string;
}

/** Any command, as far as its middleware goes. */
type Hooked<Input extends object, Output extends object> = Pick<
  $Command<Input, Output, unknown>,
  "middlewareStack"
>;

/** Keeps what the SDK drops of an answer that is a document. */
export function captureAnswer<Input extends object, Output extends object>(
  command: Hooked<Input, Output>,
): CapturedAnswer {
  const captured: Capture = { date: undefined, document: "" };
  command.middlewareStack.add(
    (next) => async (args) => keep(captured, await next(args)),
    // Where the answer is still as it came.
    { step: "deserialize", priority: "low" },
  );
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
export function sendRawExpires<Input extends object, Output extends object>(
  command: Hooked<Input, Output>,
  expires: string,
): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (isMessage(request)) request.headers.expires = expires;
      return next(args);
    },
    { step: "build" },
  );
}

/** Puts `Content-MD5`, which every store knows, in the place of the SDK's newer checksums. */
export function sendContentMd5<Input extends object, Output extends object>(
  command: Hooked<Input, Output>,
): void {
  command.middlewareStack.add(
    (next) => (args) => {
      const { request } = args;
      if (isMessage(request) && (typeof request.body === "string" || request.body instanceof Uint8Array)) {
        for (const name of Object.keys(request.headers)) {
          if (/^x-amz-(sdk-)?checksum-/i.test(name)) delete request.headers[name];
        }
        request.headers["content-md5"] = createHash("md5").update(request.body).digest("base64");
      }
      return next(args);
    },
    { step: "build", priority: "low" },
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
