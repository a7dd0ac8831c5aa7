import { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import { type RequestDescription, storeError } from "../request-failure";
import { StoreError } from "../store-error";
import { AnswerHeaders } from "./answer-headers";

/** The most that is read of an answer which is no success, in bytes: a proxy's page may be of any length. */
const REFUSAL_LIMIT = 256 * 1024;

/** Bytes of a streamed answer that wait for their reader before the server has to. */
const READ_AHEAD = 128 * 1024;

export interface Answer {
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** Whole, or a stream where the caller asked for one. */
  readonly body: Buffer | Readable;
}

/** The bytes of an answer that was collected; refusals and documents always are. */
export function bytesOf({ body }: Answer): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

export interface ExchangeSettings {
  readonly request: RequestDescription;
  /** Milliseconds without a byte, in either direction, after which the exchange is given up. */
  readonly timeoutMilliseconds: number;
  /** The largest success, in bytes, that is collected into one buffer; beyond that it is streamed. */
  readonly collectUpTo: number;
  /** Destroyed with the exchange: it cannot be used again. */
  readonly source: Readable | undefined;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: StoreError) => void;
}

type Phase = "waiting" | "answered" | "over";

/**
 * One request and its answer, as the connection reports them. It keeps its own clock: the transport's starts
 * only when a connection is free, and by then the permission to write may have lapsed.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  private phase: Phase = "waiting";
  private readonly timer: NodeJS.Timeout;
  private abort: ((error: Error) => void) | undefined;
  private resume: (() => void) | undefined;
  private status = 0;
  private headers: AnswerHeaders | undefined;
  private stream: AnswerBody | undefined;
  private chunks: Buffer[] = [];
  private collected = 0;

  constructor(private readonly settings: ExchangeSettings) {
    this.timer = setTimeout(onSilence, settings.timeoutMilliseconds, this);
  }

  /** Bytes moved. */
  public readonly progressed = (): void => {
    if (this.phase !== "over") this.timer.refresh();
  };

  public onConnect(abort: (error?: Error) => void): void {
    // Thrown, it frees the connection for others; calling abort would close it.
    if (this.phase === "over") throw new Error("given up before it was sent");
    this.abort = abort;
  }

  public onHeaders(status: number, raw: Buffer[], resume: () => void): boolean {
    if (status < 200) return true;
    this.resume = resume;
    this.status = status;
    this.headers = new AnswerHeaders(raw);
    this.timer.refresh();
    const length = this.headers.contentLength;
    if (status >= 300 || (length !== undefined && length <= this.settings.collectUpTo)) return true;
    if (this.settings.collectUpTo === Number.POSITIVE_INFINITY) return true;
    this.stream = new AnswerBody(this);
    this.answer(this.headers, this.stream);
    return true;
  }

  public onData(chunk: Buffer): boolean {
    this.timer.refresh();
    if (this.stream !== undefined) return this.stream.push(chunk);
    this.collected += chunk.length;
    this.chunks.push(chunk);
    if (this.status >= 300 && this.collected > REFUSAL_LIMIT) this.fail(this.tooLong());
    return true;
  }

  public onComplete(): void {
    const { headers, stream } = this;
    if (headers === undefined || this.phase === "over") return;
    if (stream === undefined) this.answer(headers, this.whole());
    else stream.push(null);
    this.end();
  }

  public onError(error: Error): void {
    if (this.phase === "over") return;
    this.settle(this.described(error));
  }

  /** The reader wants more. */
  public readOn(): void {
    this.timer.refresh();
    this.resume?.();
  }

  /** The reader wants no more. */
  public giveUp(): void {
    if (this.phase === "over") return;
    this.end();
    this.abort?.(new Error("the reader gave up"));
  }

  /** Cuts the connection, where there is one yet. */
  public fail(error: StoreError): void {
    if (this.phase === "over") return;
    this.settle(error);
    this.abort?.(error);
  }

  /** A body that pauses because nobody reads it is no silence of the server. */
  public silence(): void {
    if (this.stream?.isFull === true) {
      this.timer.refresh();
      return;
    }
    const { request, timeoutMilliseconds } = this.settings;
    const seconds = timeoutMilliseconds / 1000;
    const what =
      this.headers === undefined
        ? `no answer within ${seconds} s`
        : `the answer's body stopped for ${seconds} s`;
    this.fail(storeError("timeout", what, request));
  }

  private answer(headers: AnswerHeaders, body: Buffer | Readable): void {
    this.phase = "answered";
    this.settings.resolve({ status: this.status, headers, body });
  }

  private settle(error: StoreError): void {
    const { stream } = this;
    this.end();
    if (stream === undefined) this.settings.reject(error);
    else stream.destroy(error);
  }

  private end(): void {
    this.phase = "over";
    clearTimeout(this.timer);
    this.chunks = [];
    // Answered before all of it was sent, or failed: either way it is of no use any more.
    this.settings.source?.destroy();
  }

  private whole(): Buffer {
    const { chunks } = this;
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, this.collected);
  }

  private described(error: Error): StoreError {
    if (error instanceof StoreError) return error;
    const { request } = this.settings;
    const code = "code" in error ? error.code : undefined;
    // A header value or path that HTTP cannot carry.
    if (code === "UND_ERR_INVALID_ARG")
      return storeError("refused", error.message, request, { cause: error });
    const message = this.headers === undefined ? error.message : `the body was cut: ${error.message}`;
    return storeError("unreachable", message, request, { cause: error });
  }

  private tooLong(): StoreError {
    return storeError(
      "malformed-answer",
      `${this.status} with a body over ${REFUSAL_LIMIT} bytes`,
      this.settings.request,
    );
  }
}

/** The body of an answer. The connection's parser holds it to its announced length. */
class AnswerBody extends Readable {
  /** Whether it waits for its reader. */
  public isFull = false;

  constructor(private readonly exchange: Exchange) {
    super({ highWaterMark: READ_AHEAD });
  }

  public override push(chunk: Buffer | null): boolean {
    const more = super.push(chunk);
    this.isFull = !more;
    return more;
  }

  public override _read(): void {
    if (!this.isFull) return;
    this.isFull = false;
    this.exchange.readOn();
  }

  public override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.exchange.giveUp();
    callback(error);
  }
}

function onSilence(exchange: Exchange): void {
  exchange.silence();
}
