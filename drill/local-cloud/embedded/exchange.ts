import type { IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { S3Refusal } from "./s3-refusal";

/** One request to the store, with its address taken apart and decoded. */
export interface StoreRequest {
  readonly method: string;
  /** Empty for requests to the bucket itself. */
  readonly key: string;
  readonly query: ReadonlyMap<string, string>;
  readonly headers: IncomingMessage["headers"];
  readonly body: IncomingMessage;
}

export interface StoreAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A document, or the bytes of an object. */
  readonly body?: string | AsyncIterable<Buffer>;
}

export function xmlAnswer(document: string, headers: Readonly<Record<string, string>> = {}): StoreAnswer {
  return { status: 200, headers: { ...headers, "content-type": "application/xml" }, body: document };
}

/** More than a batch of 1,000 of the longest keys; a document is held in memory. */
const GREATEST_DOCUMENT_BYTES = 8 * 1024 * 1024;

export function readDocument(request: StoreRequest): Promise<string> {
  if (Number(request.headers["content-length"] ?? 0) > GREATEST_DOCUMENT_BYTES) {
    throw new S3Refusal(400, "MaxMessageLengthExceeded", "the document is too large");
  }
  return text(request.body);
}
