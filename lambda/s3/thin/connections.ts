import type { Readable } from "node:stream";
import type { Pool } from "undici";
import UndiciPool from "undici/lib/dispatcher/pool.js";
import { toWire } from "../header-text";
import type { RequestDescription } from "../request-failure";
import { trusting } from "../trusted-authorities";
import { type Answer, Exchange } from "./exchange";
import { exactBody } from "./request-body";
import type { HeaderList } from "./signature";

export interface ConnectionsOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  readonly requestTimeoutSeconds: number;
  readonly maxSockets: number;
  readonly certificateAuthorities?: string | undefined;
}

export interface SignedRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Encoded path, and query where there is one. */
  readonly target: string;
  readonly headers: HeaderList;
  readonly body?: Buffer | Readable | undefined;
  /** Bytes of a streamed body. */
  readonly size?: number | undefined;
}

/** The connections to one host. A request waits where all are busy; its time counts from the call. */
export class Connections {
  // Private to the runtime too: requests under way hold session tokens, which nothing may print.
  readonly #pool: Pool;
  private readonly timeoutMilliseconds: number;

  constructor(options: ConnectionsOptions) {
    this.timeoutMilliseconds = options.requestTimeoutSeconds * 1000;
    this.#pool = new UndiciPool(options.origin, {
      connections: options.maxSockets,
      pipelining: 1,
      // Every exchange keeps its own time.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: {
        timeout: this.timeoutMilliseconds,
        ...(options.certificateAuthorities === undefined
          ? {}
          : { secureContext: trusting(options.certificateAuthorities) }),
      },
    });
  }

  /**
   * Rejects with a StoreError when no answer came; an answer that is a refusal resolves, always collected.
   *
   * @param collectUpTo - the largest success, in bytes, that is collected into one buffer instead of streamed
   */
  public send(signed: SignedRequest, request: RequestDescription, collectUpTo: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { body, size = 0 } = signed;
      const source = body === undefined || Buffer.isBuffer(body) ? undefined : body;
      const exchange = new Exchange({
        request,
        timeoutMilliseconds: this.timeoutMilliseconds,
        collectUpTo,
        source,
        resolve,
        reject,
      });
      this.#pool.dispatch(
        {
          method: signed.method,
          path: signed.target,
          headers: onTheWire(signed.headers),
          body: source === undefined ? body : asBody(exactBody(source, size, request, exchange.progressed)),
          // Else the connection would be closed after every HEAD.
          reset: false,
        },
        exchange,
      );
    });
  }

  public close(): void {
    // Resolves once all sockets are gone, for which nobody has to wait.
    void this.#pool.destroy();
  }
}

function onTheWire(headers: HeaderList): HeaderList {
  for (let index = 1; index < headers.length; index += 2) headers[index] = toWire(headers[index] as string);
  return headers;
}

/** The transport takes any iterable as a body; its types name streams only. */
function asBody(pieces: AsyncIterable<Buffer>): Readable {
  return pieces as Readable;
}
