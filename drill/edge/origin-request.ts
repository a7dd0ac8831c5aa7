import type { IncomingMessage } from "node:http";
import { TLSSocket } from "node:tls";
import { CONNECT_SECONDS, READ_SECONDS } from "./core/origin-limits";
import { type ExpectedCertificate, requestOrigin } from "./origin-connection";
import type { PlanTime } from "./plan-time";

export type OriginReply =
  | { readonly answered: true; readonly response: IncomingMessage }
  /** Cloudflare's code for an origin that gave no answer. */
  | { readonly answered: false; readonly code: number };

export interface OriginRequest {
  readonly port: number;
  /** Absent: plain HTTP. */
  readonly certificate?: ExpectedCertificate;
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

/** How far a connection has come. */
type Stage = "connecting" | "securing" | "open";

/** Asks one origin. Rejects only when `signal` is aborted. */
export function askOrigin(options: OriginRequest): Promise<OriginReply> {
  return new Promise((resolve, reject) => {
    let stage: Stage = "connecting";
    const outgoing = requestOrigin(
      {
        port: options.port,
        method: options.method,
        path: options.path,
        headers: [...options.rawHeaders],
        signal: options.signal,
      },
      options.certificate,
    );
    const fail = (code: number): void => {
      clearTimeout(connectTimer);
      options.body?.unpipe(outgoing);
      outgoing.destroy();
      resolve({ answered: false, code });
    };
    const connectTimer = setTimeout(
      () => fail(stage === "connecting" ? 522 : 525),
      options.time.timeoutMilliseconds(CONNECT_SECONDS),
    );
    const opened = (): void => {
      stage = "open";
      clearTimeout(connectTimer);
      outgoing.setTimeout(options.time.timeoutMilliseconds(READ_SECONDS), () => fail(524));
    };

    outgoing.on("socket", (socket) => {
      socket.once("connect", () => {
        if (socket instanceof TLSSocket) stage = "securing";
        else opened();
      });
      socket.once("secureConnect", opened);
    });
    outgoing.on("response", (response) => {
      clearTimeout(connectTimer);
      resolve({ answered: true, response });
    });
    outgoing.on("error", (error: NodeJS.ErrnoException) => {
      if (options.signal.aborted) {
        clearTimeout(connectTimer);
        reject(error);
      } else fail(edgeCode(stage, error.code, isUntrusted(outgoing.socket)));
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
 * Cloudflare's code for a connection that failed. Once open, an empty or broken answer is 520, which is not retried.
 * https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
 */
function edgeCode(stage: Stage, errorCode: string | undefined, untrusted: boolean): number {
  switch (stage) {
    case "connecting":
      return UNREACHED_CODES[errorCode ?? ""] ?? 521;
    case "securing":
      return untrusted ? 526 : 525;
    case "open":
      return 520;
  }
}

/** Whether the handshake came to a certificate, and this to nothing. */
function isUntrusted(socket: OriginSocket): boolean {
  // Typed as an error, set to its code, and null until then.
  return socket instanceof TLSSocket && Boolean(socket.authorizationError);
}

type OriginSocket = ReturnType<typeof requestOrigin>["socket"];
