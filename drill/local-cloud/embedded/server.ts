import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { StoreCredentials } from "../../../contract/credentials";
import { STATE_PREFIX } from "../../../contract/state-keys";
import { errorCode } from "../../machine/caught-error";
import type { StoreAnswer, StoreRequest } from "./exchange";
import { perform } from "./operations";
import { readObject } from "./read-object";
import { S3Refusal } from "./s3-refusal";
import { checkSignature } from "./signature";
import type { StoredBucket } from "./stored-bucket";
import { xmlDocument } from "./xml";

export interface ServerOptions {
  readonly store: StoredBucket;
  /** A request with this Host names the bucket by it; any other by the first segment of its path. */
  readonly originHost: string;
  readonly credentials: StoreCredentials;
}

/** S3's limit for a key in UTF-8. */
const GREATEST_KEY_BYTES = 1024;

/** An S3 API over one bucket. Unsigned requests may read objects and nothing else. */
export function createStoreServer(options: ServerOptions): Server {
  const server = createServer((message, response) => {
    respond(options, message, response).catch(() => {
      // The answer has begun and cannot be finished: what the reader has must not look whole.
      response.destroy();
    });
  });
  // Longer than any client keeps a connection, so that none sends on one that is being closed.
  server.keepAliveTimeout = 120_000;
  server.requestTimeout = 0;
  return server;
}

async function respond(
  options: ServerOptions,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let answer: StoreAnswer;
  try {
    answer = await answerTo(options, message);
  } catch (error) {
    // Nobody is left to be answered.
    if (message.socket.destroyed) return;
    answer = refusalAnswer(error);
    // What is left of the body stands before the connection's next request.
    message.resume();
  }
  response.writeHead(answer.status, {
    "x-amz-request-id": randomBytes(8).toString("hex"),
    ...answer.headers,
  });
  if (message.method === "HEAD" || answer.body === undefined || typeof answer.body === "string") {
    response.end(message.method === "HEAD" ? undefined : answer.body);
  } else {
    await pipeline(Readable.from(answer.body, { objectMode: false }), response);
  }
}

async function answerTo(options: ServerOptions, message: IncomingMessage): Promise<StoreAnswer> {
  const { store, originHost, credentials } = options;
  const [rawPath, rawQuery] = split(message.url ?? "", "?");
  const path = decode(rawPath);
  const query = rawQuery
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => split(pair, "=").map((text) => decode(text.replaceAll("+", " "))))
    .map(([name = "", value = ""]) => [name, value] as const);
  const method = message.method ?? "";
  const namedByHost = message.headers.host?.replace(/:\d+$/, "").toLowerCase() === originHost.toLowerCase();
  const [bucketName, key] = namedByHost ? [store.name, path.slice(1)] : split(path.slice(1), "/");
  const request: StoreRequest = {
    method,
    key,
    query: new Map(query),
    headers: message.headers,
    body: message,
  };

  if (message.headers.authorization === undefined) return readAnonymously(store, bucketName, request);
  checkSignature({ method, path, query, headers: message.headers }, credentials, store.region, Date.now());
  if (bucketName !== store.name) throw new S3Refusal(404, "NoSuchBucket", "the bucket does not exist");
  if (Buffer.byteLength(key) > GREATEST_KEY_BYTES) {
    throw new S3Refusal(400, "KeyTooLongError", `a key has ${GREATEST_KEY_BYTES} bytes at most`);
  }
  return perform(store, request);
}

/** As S3 with `s3:GetObject` and nothing else for everyone: even whether a key exists stays hidden. */
function readAnonymously(store: StoredBucket, bucketName: string, request: StoreRequest): StoreAnswer {
  const denied = new S3Refusal(403, "AccessDenied", "access denied");
  const reads = request.method === "GET" || request.method === "HEAD";
  // S3 ignores parameters of people's own, which begin so, and shows them in its access log.
  const plain = [...request.query.keys()].every((name) => /^x-(?!amz-)/i.test(name));
  if (!reads || !plain || bucketName !== store.name || request.key === "") throw denied;
  if (request.key.startsWith(STATE_PREFIX)) throw denied;
  if (store.bucket.current(request.key)?.kind !== "object") throw denied;
  return readObject(store, request);
}

function refusalAnswer(error: unknown): StoreAnswer {
  const refusal =
    error instanceof S3Refusal
      ? error
      : isDiskFull(error)
        ? new S3Refusal(507, "XMinioStorageFull", "the store has no room for this")
        : new S3Refusal(500, "InternalError", "the store could not do this");
  if (refusal.code === "InternalError")
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  const document = xmlDocument("Error", { Code: refusal.code, Message: refusal.message });
  return {
    status: refusal.status,
    headers: { ...refusal.headers, "content-type": "application/xml" },
    body: document,
  };
}

/** MinIO's answer has a status and a code of its own; S3 knows no full disk. */
function isDiskFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT", "EFBIG"].includes(errorCode(error) ?? "");
}

/** At the first separator only; keys and values may contain more. */
function split(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Refusal(400, "InvalidURI", "the address cannot be decoded");
  }
}
