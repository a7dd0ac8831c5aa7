import { Agent, type IncomingMessage, request } from "node:http";
import type { EdgePool } from "./edge-plan";
import type { PlanTime } from "./plan-time";

/**
 * Limits between Cloudflare and an origin, in seconds.
 * https://developers.cloudflare.com/fundamentals/reference/connection-limits/
 */
const CONNECT_SECONDS = 19;
const READ_SECONDS = 120;

/** Each request has a connection of its own: a dead origin is then met as a refused connection, not as a stale one. */
const ORIGIN_AGENT = new Agent({ keepAlive: false });

export type OriginReply =
  | { readonly answered: true; readonly response: IncomingMessage }
  /** Cloudflare's code for an origin that gave no answer. */
  | { readonly answered: false; readonly code: number };

export interface OriginRequest {
  readonly pool: EdgePool;
  readonly port: number;
  readonly time: PlanTime;
  readonly method: string;
  readonly path: string;
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** Whose body is sent along; its end ends the request. */
  readonly body?: IncomingMessage;
  /** Aborted when the reader has gone. */
  readonly signal: AbortSignal;
}

/** Asks one origin. Rejects only when `signal` is aborted. */
export function askOrigin(options: OriginRequest): Promise<OriginReply> {
  return new Promise((resolve, reject) => {
    let connected = false;
    const outgoing = request({
      agent: ORIGIN_AGENT,
      host: "127.0.0.1",
      port: options.port,
      method: options.method,
      path: options.path,
      setHost: false,
      headers: [...options.rawHeaders],
      signal: options.signal,
    });
    const fail = (code: number): void => {
      clearTimeout(connectTimer);
      options.body?.unpipe(outgoing);
      outgoing.destroy();
      resolve({ answered: false, code });
    };
    const connectTimer = setTimeout(() => fail(522), options.time.timeoutMilliseconds(CONNECT_SECONDS));

    outgoing.on("socket", (socket) => {
      socket.once("connect", () => {
        connected = true;
        clearTimeout(connectTimer);
        outgoing.setTimeout(options.time.timeoutMilliseconds(READ_SECONDS), () => fail(524));
      });
    });
    outgoing.on("response", (response) => {
      clearTimeout(connectTimer);
      resolve({ answered: true, response });
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      if (options.signal.aborted) {
        clearTimeout(connectTimer);
        reject(error);
      } else fail(edgeCode(error.code, connected));
    });

    if (options.body === undefined) outgoing.end();
    else options.body.pipe(outgoing);
  });
}

/** Cloudflare's codes for connections that could not be made, by the system's error; everything else is 521. */
const UNREACHED_CODES: Readonly<Record<string, number>> = {
  ETIMEDOUT: 522,
  EHOSTUNREACH: 523,
  ENETUNREACH: 523,
};

/**
 * Cloudflare's code for a connection that failed. Once connected, an empty or broken answer is 520, which is not retried.
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
 */
function edgeCode(errorCode: string | undefined, connected: boolean): number {
  return connected ? 520 : (UNREACHED_CODES[errorCode ?? ""] ?? 521);
}
