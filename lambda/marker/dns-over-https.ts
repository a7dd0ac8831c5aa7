import { DEFAULT_RESOLVERS } from "../../contract/environment";
import { type Marker, MarkerFormatError, parseMarker } from "../../contract/marker";
import { type MarkerReader, MarkerUnreadableError } from "./marker-reader";

export interface DnsOverHttpsOptions {
  /** Full name of the TXT record. */
  readonly recordName: string;
  /**
   * URLs of two resolvers that speak DNS JSON, run by different operators.
   *
   * @default DEFAULT_RESOLVERS
   */
  readonly resolvers?: readonly string[];
  /** @default 5 */
  readonly timeoutSeconds?: number;
}

/** DNS record type TXT. */
const TXT = 16;

/** Names of DNS response codes that a person may meet here (RFC 1035, section 4.1.1). */
const RESPONSE_CODES: Readonly<Record<number, string>> = {
  2: "server failure",
  3: "no such name",
  5: "refused",
};

/**
 * Reads the marker's TXT record over HTTPS from two resolvers, which must agree. Plain HTTP is accepted
 * for loopback addresses only.
 *
 * @throws RangeError when the resolvers are not two different URLs that may be used
 */
export class DnsOverHttpsMarker implements MarkerReader {
  private readonly recordName: string;
  private readonly resolvers: readonly URL[];
  private readonly timeoutMilliseconds: number;

  constructor(options: DnsOverHttpsOptions) {
    this.recordName = options.recordName;
    this.resolvers = resolverUrls(options.resolvers ?? DEFAULT_RESOLVERS);
    this.timeoutMilliseconds = (options.timeoutSeconds ?? 5) * 1000;
  }

  public async read(): Promise<Marker> {
    const { recordName, timeoutMilliseconds } = this;
    const answers = await Promise.all(
      this.resolvers.map((resolver) =>
        askResolver(resolver, recordName, AbortSignal.timeout(timeoutMilliseconds)),
      ),
    );
    const [first, ...others] = answers;
    if (first === undefined || others.some((other) => other !== first)) {
      const views = answers.map((answer, index) => `${this.resolvers[index]?.host} says "${answer}"`);
      throw new MarkerUnreadableError(`resolvers disagree about ${this.recordName}: ${views.join(", ")}`);
    }
    try {
      return parseMarker(first);
    } catch (error) {
      if (!(error instanceof MarkerFormatError)) throw error;
      throw new MarkerUnreadableError(`${this.recordName}: ${error.message}`, { cause: error });
    }
  }
}

/**
 * What one resolver says of the record: its text, without quotes. One alone is no truth to act on.
 *
 * @throws MarkerUnreadableError
 */
export async function askResolver(resolver: URL, recordName: string, signal: AbortSignal): Promise<string> {
  const url = new URL(resolver);
  url.searchParams.set("name", recordName);
  url.searchParams.set("type", "TXT");
  try {
    const response = await fetch(url, {
      headers: { accept: "application/dns-json" },
      redirect: "error",
      signal,
    });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    return onlyText(await response.json());
  } catch (error) {
    throw new MarkerUnreadableError(`${resolver.host} gave no marker for ${recordName}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** @throws RangeError when these are not two different URLs that may be used */
export function resolverUrls(resolvers: readonly string[]): readonly URL[] {
  const urls = resolvers.map((resolver) => new URL(resolver));
  if (urls.length !== 2 || urls[0]?.host === urls[1]?.host) {
    throw new RangeError(
      `the marker is read from two different resolvers; given: ${resolvers.join(", ") || "none"}`,
    );
  }
  const open = urls.find((url) => url.protocol !== "https:" && url.hostname !== "127.0.0.1");
  if (open) throw new RangeError(`resolver ${open.href} is not https; an answer could be forged on the way`);
  return urls;
}

/** "fetch failed" says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause instanceof Error && cause.message !== "" ? `${message}: ${cause.message}` : message;
}

/** The text of the one TXT record in a DNS JSON answer. */
function onlyText(answer: unknown): string {
  if (!isRecord(answer) || typeof answer.Status !== "number") throw new Error("the answer is not DNS JSON");
  if (answer.Status !== 0) throw new Error(RESPONSE_CODES[answer.Status] ?? `DNS status ${answer.Status}`);
  const records = Array.isArray(answer.Answer) ? answer.Answer.filter(isRecord) : [];
  const texts = records.filter((record) => record.type === TXT).map((record) => String(record.data));
  const [text, ...more] = texts;
  if (text === undefined) throw new Error("the name has no TXT record");
  if (more.length > 0) throw new Error(`the name has ${texts.length} TXT records; expected one`);
  return unquote(text);
}

/** A TXT record's strings, quoted or not, joined as DNS joins them. */
function unquote(data: string): string {
  const quoted = data.match(/"(?:[^"\\]|\\.)*"/g);
  return quoted === null ? data : quoted.map((part) => part.slice(1, -1).replaceAll(/\\(.)/g, "$1")).join("");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
