import * as http from "node:http";
import * as https from "node:https";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { fromWire, toWire } from "./header-text";
import { trusting } from "./trusted-authorities";
import { encodeUri } from "./uri-encoding";

/** What the SDK hands over: path and query are not joined yet, and header names are unique. */
interface WireRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | string[] | null>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface WireAnswer {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Readable;
}

export interface HttpTransportOptions {
  /**
   * Seconds after which a request that has no answer is given up: counted from the call for a request without
   * a body or with a buffer; for a streamed body from the last bytes that went out. An answer's body may pause
   * as long.
   */
  readonly requestTimeoutSeconds: number;
  /** Connections kept open at most; further requests wait for one. */
  readonly maxSockets: number;
  /** PEM certificates of authorities to trust beside the usual ones. @default - the usual ones */
  readonly certificateAuthorities?: string;
}

/** No usable answer came back. */
export class TransportError extends Error {
  public override readonly name = "TransportError";

  constructor(
    public readonly kind: "timeout" | "unreachable" | "refused",
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/**
 * Sends the SDK's requests. Unlike the SDK's own handler it cuts the connection when a streamed body fails or
 * ends early, so that no server takes a part for the whole; gives large bodies time as long as bytes move; and
 * treats header values as UTF-8, as they are signed.
 */
export class HttpTransport {
  public readonly metadata = { handlerProtocol: "http/1.1" };
  private readonly plainAgent: http.Agent;
  private readonly tlsAgent: https.Agent;
  private readonly timeoutMilliseconds: number;

  constructor(options: HttpTransportOptions) {
    const pool = { keepAlive: true, maxSockets: options.maxSockets };
    this.plainAgent = new http.Agent(pool);
    const { certificateAuthorities } = options;
    this.tlsAgent = new https.Agent(
      certificateAuthorities === undefined
        ? pool
        : { ...pool, secureContext: trusting(certificateAuthorities) },
    );
    this.timeoutMilliseconds = options.requestTimeoutSeconds * 1000;
  }

  public handle(request: WireRequest): Promise<{ response: WireAnswer }> {
    return new Promise((resolve, reject) => {
      const outgoing = this.open(request);
      const body: unknown = request.body;
      const fail = (error: TransportError) => {
        clearTimeout(timer);
        reject(error);
        outgoing.destroy();
        if (body instanceof Readable) body.destroy();
      };
      const timer = setTimeout(() => {
        fail(new TransportError("timeout", `no answer within ${this.timeoutMilliseconds / 1000} s`));
      }, this.timeoutMilliseconds);

      outgoing.once("error", (error) => fail(new TransportError("unreachable", error.message, error)));
      outgoing.once("response", (answer) => {
        clearTimeout(timer);
        this.guardAgainstSilence(answer);
        answer.once("close", () => {
          // Answered before the whole body was sent: the connection cannot be used again.
          if (!outgoing.writableFinished) outgoing.destroy();
          if (body instanceof Readable) body.destroy();
        });
        resolve({
          response: { statusCode: answer.statusCode ?? 0, headers: headersOf(answer), body: answer },
        });
      });
      if (body instanceof Readable) {
        sendStream(body, Number(request.headers["content-length"]), outgoing, fail, () => timer.refresh());
      } else {
        outgoing.end(body);
      }
    });
  }

  public destroy(): void {
    this.plainAgent.destroy();
    this.tlsAgent.destroy();
  }

  /** The SDK's way of changing a handler afterwards; this one is complete when it is made. */
  public updateHttpClientConfig(): void {}

  public httpHandlerConfigs(): Record<string, never> {
    return {};
  }

  private open(request: WireRequest): http.ClientRequest {
    const secure = request.protocol === "https:";
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = toWire(value);
    try {
      return (secure ? https : http).request({
        agent: secure ? this.tlsAgent : this.plainAgent,
        host: request.hostname.replace(/^\[(.*)\]$/, "$1"),
        port: request.port,
        method: request.method,
        path: request.path + queryString(request.query ?? {}),
        headers,
      });
    } catch (error) {
      // A header value or path that HTTP cannot carry.
      throw new TransportError("refused", error instanceof Error ? error.message : String(error), error);
    }
  }

  /** A body that pauses because nobody reads it is no silence of the server. */
  private guardAgainstSilence(answer: http.IncomingMessage): void {
    const socket: Socket = answer.socket;
    const onTimeout = () => {
      if (answer.readableLength > 0 || answer.isPaused()) {
        socket.setTimeout(this.timeoutMilliseconds);
        return;
      }
      const seconds = this.timeoutMilliseconds / 1000;
      answer.destroy(new TransportError("timeout", `the answer's body stopped for ${seconds} s`));
    };
    socket.setTimeout(this.timeoutMilliseconds);
    socket.on("timeout", onTimeout);
    answer.once("close", () => {
      socket.removeListener("timeout", onTimeout);
      socket.setTimeout(0);
    });
  }
}

/** Sends exactly `size` bytes, or cuts the connection before the server has a whole object. */
function sendStream(
  body: Readable,
  size: number,
  outgoing: http.ClientRequest,
  fail: (error: TransportError) => void,
  onProgress: () => void,
): void {
  let sent = 0;
  const failBody = (cause: unknown) => {
    fail(new TransportError("unreachable", "the body could not be read to its end", cause));
  };
  const failLength = () => {
    fail(new TransportError("refused", `the body has not the ${size} bytes that were announced`));
  };
  if (body.destroyed) {
    failBody(body.errored ?? undefined);
    return;
  }
  body.on("data", (chunk: Buffer) => {
    if (outgoing.destroyed) return;
    sent += chunk.length;
    onProgress();
    if (sent > size) failLength();
    else if (!outgoing.write(chunk)) body.pause();
  });
  outgoing.on("drain", () => {
    onProgress();
    body.resume();
  });
  body.once("end", () => {
    onProgress();
    if (sent === size) outgoing.end();
    else failLength();
  });
  body.once("error", failBody);
  body.once("close", () => {
    if (!body.readableEnded && !outgoing.destroyed) failBody(body.errored ?? undefined);
  });
}

function queryString(query: NonNullable<WireRequest["query"]>): string {
  const parts = Object.entries(query).flatMap(([name, value]) => {
    if (value === null) return [encodeUri(name)];
    return [value].flat().map((one) => `${encodeUri(name)}=${encodeUri(one)}`);
  });
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function headersOf(answer: http.IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = fromWire([value].flat().join(", "));
  }
  return headers;
}
