import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type { ListObjectsV2Command, ListObjectVersionsCommand, PutObjectCommand } from "@aws-sdk/client-s3";

/** Hooks for what the SDK's own types leave out: each changes one command, and nothing else. */

/** Keeps the answer's `Date`. */
export function captureDate(command: ListObjectsV2Command): { readonly value: Date | undefined } {
  const captured: { value: Date | undefined } = { value: undefined };
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const date = isMessage(result.response) ? Date.parse(String(result.response.headers.date)) : Number.NaN;
      if (!Number.isNaN(date)) captured.value = new Date(date);
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  return captured;
}

export type VersionElement = "Version" | "DeleteMarker";

/** Keeps the order in which versions and delete markers stand in the answer: the SDK sorts them into two lists. */
export function captureElementOrder(command: ListObjectVersionsCommand): {
  readonly elements: readonly VersionElement[];
} {
  const captured: { elements: VersionElement[] } = { elements: [] };
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const { response } = result;
      if (isMessage(response) && response.body instanceof Readable) {
        const bytes = await buffer(response.body);
        // Keys and owners cannot hold a raw "<", so every match is an element.
        const tags = bytes.toString("utf8").matchAll(/<(Version|DeleteMarker)[\s>]/g);
        captured.elements = [...tags].map((tag) => (tag[1] === "Version" ? "Version" : "DeleteMarker"));
        response.body = bytes;
      }
      return result;
    },
    { step: "deserialize", priority: "low" },
  );
  return captured;
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
