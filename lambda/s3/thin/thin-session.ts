import { Readable } from "node:stream";
import { REQUEST_TIMEOUT_SECONDS } from "../../../contract/marker";
import { CredentialsError } from "../credentials-error";
import type { Credentials, CredentialsSource } from "../credentials-source";
import type { ObjectClientOptions } from "../object-client-options";
import { type RequestDescription, storeError } from "../request-failure";
import { canonicalQuery, encodePath, type Query } from "../uri-encoding";
import { Connections, type SignedRequest } from "./connections";
import { readError } from "./documents";
import { type Answer, bytesOf } from "./exchange";
import { refusalOf } from "./refusal";
import { EMPTY_PAYLOAD, type HeaderList, RequestSigner, UNSIGNED_PAYLOAD } from "./signature";
import { XmlError } from "./xml-reader";

export interface Call {
  readonly method: SignedRequest["method"];
  /** Absent: the request is about the bucket. */
  readonly key?: string | undefined;
  readonly query?: Query;
  readonly headers?: HeaderList;
  readonly body?: Buffer | Readable;
  /** Bytes of a streamed body. */
  readonly size?: number;
  /** The answer is 200 before the server knows, and its document may be an error. @default false */
  readonly mayFailLate?: boolean;
}

/** Answers are collected, whatever their size. */
const COLLECTED = Number.POSITIVE_INFINITY;

/** What an error in a success would have had for a status: the code in it tells more. */
const STATUS_OF_LATE_ERRORS = 500;

/** What all requests of one client share: connections, signing, and the way in which failures come out. */
export class ThinSession {
  public readonly bucket: string;
  private readonly credentials: CredentialsSource;
  private readonly connections: Connections;
  private readonly signer: RequestSigner;
  /** What stands before every key. */
  private readonly basePath: string;

  constructor(options: ObjectClientOptions) {
    const { endpoint, region, bucket, addressStyle } = options;
    this.bucket = bucket;
    this.credentials = options.credentials;
    const url = new URL(endpoint);
    if (addressStyle === "virtual") url.hostname = `${bucket}.${url.hostname}`;
    const folder = url.pathname.replace(/\/$/, "");
    this.basePath = addressStyle === "path" ? `${folder}/${bucket}` : folder;
    this.signer = new RequestSigner(region, url.host);
    this.connections = new Connections({
      origin: url.origin,
      requestTimeoutSeconds: options.requestTimeoutSeconds ?? REQUEST_TIMEOUT_SECONDS,
      maxSockets: options.maxSockets ?? 256,
      certificateAuthorities: options.certificateAuthorities,
    });
  }

  public describe(operation: string, key?: string): RequestDescription {
    return { operation, bucket: this.bucket, key };
  }

  /**
   * Sends one request; after a refusal once more, where the credentials' source has another pair.
   *
   * @param collectUpTo - the largest body, in bytes, that comes as one buffer; a larger one comes as a stream
   * @throws StoreError for whatever is no success
   */
  public async send(request: RequestDescription, call: Call, collectUpTo = COLLECTED): Promise<Answer> {
    try {
      const target = this.target(request, call);
      const pair = await this.pair(request);
      const answer = await this.sendSigned(request, call, target, pair, collectUpTo);
      if (answer.status < 300) return successOf(answer, request, call, pair);
      const refusal = refusalOf(answer, request, pair);
      if (refusal.kind !== "access-denied") throw refusal;
      const other = await this.otherPair(pair);
      if (other === undefined) throw refusal;
      if (call.body instanceof Readable) {
        const message = "the key pair was replaced while the body was sent";
        throw storeError("unreachable", message, request, { cause: refusal });
      }
      const second = await this.sendSigned(request, call, target, other, collectUpTo);
      if (second.status < 300) return successOf(second, request, call, other);
      throw refusalOf(second, request, other);
    } catch (error) {
      if (call.body instanceof Readable) call.body.destroy();
      throw error;
    }
  }

  /** Sends a request whose answer is a document, and reads it. */
  public async read<T>(request: RequestDescription, call: Call, read: (text: string) => T): Promise<T> {
    const answer = await this.send(request, call);
    return this.readAnswer(request, answer, (bytes) => read(bytes.toString()));
  }

  /** @throws StoreError of kind `malformed-answer` when the document is not what was expected */
  public readAnswer<T>(request: RequestDescription, answer: Answer, read: (bytes: Buffer) => T): T {
    try {
      return read(bytesOf(answer));
    } catch (error) {
      if (!(error instanceof XmlError || error instanceof URIError)) throw error;
      throw storeError("malformed-answer", error.message, request, { cause: error });
    }
  }

  public close(): void {
    this.connections.close();
  }

  private target(request: RequestDescription, { key, query }: Call): { path: string; query: string } {
    try {
      return {
        path: key === undefined ? this.basePath || "/" : `${this.basePath}/${encodePath(key)}`,
        query: query === undefined ? "" : canonicalQuery(query),
      };
    } catch (error) {
      throw storeError("refused", "the key is no valid Unicode", request, { cause: error });
    }
  }

  private async pair(request: RequestDescription): Promise<Credentials> {
    try {
      return await this.credentials.current();
    } catch (error) {
      // Only our own message is known to hold no secret.
      const reason = error instanceof CredentialsError ? `: ${error.message}` : "";
      throw storeError("access-denied", `no credentials could be had${reason}`, request, { cause: error });
    }
  }

  private async otherPair(refused: Credentials): Promise<Credentials | undefined> {
    try {
      return await this.credentials.afterRefusal(refused);
    } catch {
      // The refusal is what the caller has to know of.
      return undefined;
    }
  }

  private sendSigned(
    request: RequestDescription,
    call: Call,
    { path, query }: { path: string; query: string },
    pair: Credentials,
    collectUpTo: number,
  ): Promise<Answer> {
    const { method, body, size } = call;
    const headers = call.headers === undefined ? [] : [...call.headers];
    const payload = body === undefined ? EMPTY_PAYLOAD : UNSIGNED_PAYLOAD;
    this.signer.sign({ method, path, query, headers, payload }, pair, Date.now());
    if (body instanceof Readable) headers.push("content-length", String(size));
    const target = query === "" ? path : `${path}?${query}`;
    return this.connections.send({ method, target, headers, body, size }, request, collectUpTo);
  }
}

/**
 * @param pair - what the request was signed with
 * @throws StoreError for an error that came as a success
 */
function successOf(
  answer: Answer,
  request: RequestDescription,
  { mayFailLate }: Call,
  pair: Credentials,
): Answer {
  if (mayFailLate !== true || readError(bytesOf(answer).toString()) === undefined) return answer;
  throw refusalOf(answer, request, pair, STATUS_OF_LATE_ERRORS);
}
