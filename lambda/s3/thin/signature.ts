import { createHmac, hash } from "node:crypto";
import type { Credentials } from "../credentials-source";
import { HmacKey } from "./hmac-key";

/** The payload's place in a signature when the body is protected by Content-MD5, which is signed, and by TLS. */
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/** SHA-256 of nothing: the payload's place in the signature of a request without a body. */
export const EMPTY_PAYLOAD = hash("sha256", "", "hex");

/** Header names (lower case) and values in turn, as the transport takes them. */
export type HeaderList = string[];

export interface UnsignedRequest {
  readonly method: string;
  /** Encoded, and exactly as it is sent. */
  readonly path: string;
  /** Encoded and sorted, without the question mark; empty when there is none. */
  readonly query: string;
  /** Without `host`, which the transport adds. */
  readonly headers: HeaderList;
  /** `UNSIGNED_PAYLOAD` or the SHA-256 of the body. */
  readonly payload: string;
}

/** What can be kept between requests: it depends on the day, the region and the pair only. */
interface DayKey {
  readonly secretAccessKey: string;
  readonly day: string;
  readonly key: HmacKey;
}

/** What a canonical value may not hold: a tab, and spaces at an end or in a row. Other white space is left alone. */
const UNTIDY = /^ | $| {2}|\t/;

/** Signs requests to one host (AWS Signature Version 4, service `s3`). */
export class RequestSigner {
  // Private to the runtime too: what is printed of a client shows no secret.
  #dayKey: DayKey | undefined;
  private second = -1;
  private timestamp = "";

  /** @param host - as the transport sends it: with the port, where it is not the scheme's own */
  constructor(
    private readonly region: string,
    private readonly host: string,
  ) {}

  /**
   * Adds date, payload hash, session token and authorization to the request's headers. Signed are the host,
   * Content-MD5 and every `x-amz-*` header.
   *
   * @param now - milliseconds since 1970
   */
  public sign(request: UnsignedRequest, credentials: Credentials, now: number): void {
    const { method, path, query, headers, payload } = request;
    const timestamp = this.timestampAt(now);
    const day = timestamp.slice(0, 8);
    headers.push("x-amz-content-sha256", payload, "x-amz-date", timestamp);
    if (credentials.sessionToken !== undefined) {
      headers.push("x-amz-security-token", credentials.sessionToken);
    }
    const { names, lines } = signedHeaders(headers, this.host);
    const canonical = `${method}\n${path}\n${query}\n${lines}\n${names}\n${payload}`;
    const scope = `${day}/${this.region}/s3/aws4_request`;
    const text = `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${hash("sha256", canonical, "hex")}`;
    const signature = this.keyFor(credentials, day).digest(text);
    headers.push(
      "authorization",
      `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`,
    );
  }

  private timestampAt(now: number): string {
    const second = Math.floor(now / 1000);
    if (second !== this.second) {
      this.second = second;
      this.timestamp = new Date(second * 1000).toISOString().replace(/[-:]|\.\d+/g, "");
    }
    return this.timestamp;
  }

  private keyFor({ secretAccessKey }: Credentials, day: string): HmacKey {
    const kept = this.#dayKey;
    if (kept !== undefined && kept.day === day && kept.secretAccessKey === secretAccessKey) return kept.key;
    const ofDay = hmac(`AWS4${secretAccessKey}`, day);
    const key = new HmacKey(hmac(hmac(hmac(ofDay, this.region), "s3"), "aws4_request"));
    this.#dayKey = { secretAccessKey, day, key };
    return key;
  }
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

/** Sorted by name: names joined as the signature lists them, and lines as it hashes them. */
function signedHeaders(headers: HeaderList, host: string): { names: string; lines: string } {
  const names = ["host"];
  const values = [host];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    if (!name.startsWith("x-amz-") && name !== "content-md5") continue;
    // Callers add headers nearly in order, so that this hardly ever moves anything.
    let place = names.length;
    while (place > 0 && (names[place - 1] as string) > name) place -= 1;
    names.splice(place, 0, name);
    values.splice(place, 0, tidied(headers[index + 1] as string));
  }
  let lines = "";
  for (let index = 0; index < names.length; index += 1) lines += `${names[index]}:${values[index]}\n`;
  return { names: names.join(";"), lines };
}

function tidied(value: string): string {
  return UNTIDY.test(value) ? value.replace(/[ \t]+/g, " ").replace(/^ | $/g, "") : value;
}
