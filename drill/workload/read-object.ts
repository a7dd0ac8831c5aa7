import { createHash } from "node:crypto";
import { type Agent, type IncomingMessage, request } from "node:http";
import { errorCode, errorLine } from "../machine/caught-error";

export interface ReadTarget {
  /** Base URL of the edge on this machine. */
  readonly url: string;
  /** Sent as Host: the name that readers know. */
  readonly hostname: string;
  /** Milliseconds for the whole answer, its last byte included. */
  readonly timeoutMilliseconds: number;
  readonly agent: Agent;
}

/** What came back from one read. */
export interface ReadResult {
  /** Absent when there was no answer. */
  readonly status?: number;
  /** Without quotes. */
  readonly etag?: string;
  /** The header with which the edge names the origin that answered. */
  readonly origin?: string;
  /** Why the answer cannot be used whatever it says: none at all, cut off, or a body that is not what the ETag says. */
  readonly broken?: string;
}

/** Names the origin; the edge of the drill adds it to every answer. */
const ORIGIN_HEADER = "x-drill-store";

/** The ETag of an object put in one part is the MD5 of its bytes; any other ETag says nothing about them. */
const MD5_ETAG = /^[0-9a-f]{32}$/;

/** The path under which anonymous readers find the key. */
export function readPath(key: string): string {
  return `/${key.split("/").map(encodeURIComponent).join("/")}`;
}

/**
 * Reads one object as a browser would, and checks its bytes. Never rejects. Only one thing is tried again: a
 * kept-alive connection that the other side had closed before the request arrived, as every browser does.
 */
export async function readObject(target: ReadTarget, key: string): Promise<ReadResult> {
  const deadline = AbortSignal.timeout(target.timeoutMilliseconds);
  const first = await attempt(target, key, deadline, target.agent);
  // The second on a connection of its own: the next idle one may be closed as well.
  return first.stale ? attempt(target, key, deadline, false) : first;
}

function attempt(
  target: ReadTarget,
  key: string,
  deadline: AbortSignal,
  agent: Agent | false,
): Promise<ReadResult & { readonly stale?: boolean }> {
  return new Promise((resolve) => {
    const outgoing = request(new URL(target.url), {
      path: readPath(key),
      agent,
      signal: deadline,
      headers: { host: target.hostname, "accept-encoding": "identity" },
    });
    outgoing.on("response", (answer) => {
      readAnswer(answer).then(resolve, (error: unknown) => {
        resolve({ ...describe(answer), broken: `answer cut off: ${why(error, target, deadline)}` });
      });
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      const cut = error.code === "ECONNRESET" || error.code === "EPIPE";
      const stale = outgoing.reusedSocket && cut && !deadline.aborted;
      resolve({ stale, broken: `no answer: ${why(error, target, deadline)}` });
    });
    outgoing.end();
  });
}

async function readAnswer(answer: IncomingMessage): Promise<ReadResult> {
  const hash = createHash("md5");
  for await (const chunk of answer) {
    hash.update(chunk);
  }
  const described = describe(answer);
  const digest = hash.digest("hex");
  const { etag } = described;
  const spoilt = described.status === 200 && etag !== undefined && MD5_ETAG.test(etag) && etag !== digest;
  return spoilt ? { ...described, broken: `the body has MD5 ${digest}, its ETag says ${etag}` } : described;
}

function describe(answer: IncomingMessage): ReadResult {
  const origin = answer.headers[ORIGIN_HEADER];
  return {
    status: answer.statusCode,
    etag: answer.headers.etag?.replaceAll('"', ""),
    origin: typeof origin === "string" ? origin : undefined,
  };
}

function why(error: unknown, target: ReadTarget, deadline: AbortSignal): string {
  if (deadline.aborted) {
    return `more than ${target.timeoutMilliseconds} ms`;
  }
  return errorCode(error) ?? errorLine(error);
}
