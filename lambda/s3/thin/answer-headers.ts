import { decodeWords } from "../encoded-words";
import { fromWire } from "../header-text";

const METADATA_PREFIX = "x-amz-meta-";

/** What an answer's headers say, as far as anyone asks. Read in one pass: this runs for every request. */
export class AnswerHeaders {
  public contentLength: number | undefined;
  public etag: string | undefined;
  public lastModified: string | undefined;
  public date: string | undefined;
  public versionId: string | undefined;
  public deleteMarker = false;
  public requestId: string | undefined;
  public contentRange: string | undefined;
  public partsCount: string | undefined;
  public tagCount: string | undefined;
  public missingMetadata: string | undefined;
  public contentType: string | undefined;
  public cacheControl: string | undefined;
  public contentDisposition: string | undefined;
  public contentEncoding: string | undefined;
  public contentLanguage: string | undefined;
  public expires: string | undefined;
  private readonly metadataEntries: [string, string][] = [];

  /** @param raw - names and values in turn, as they came */
  constructor(raw: readonly Buffer[]) {
    for (let index = 0; index + 1 < raw.length; index += 2) {
      this.take((raw[index] as Buffer).toString("latin1").toLowerCase(), raw[index + 1] as Buffer);
    }
  }

  /** User metadata by lower-case name, decoded. */
  public metadata(): Record<string, string> {
    return Object.fromEntries(this.metadataEntries.map(([name, value]) => [name, decodeWords(value)]));
  }

  private take(name: string, value: Buffer): void {
    switch (name) {
      case "content-length":
        this.contentLength = Number(ascii(value));
        return;
      case "etag":
        this.etag = ascii(value);
        return;
      case "last-modified":
        this.lastModified = ascii(value);
        return;
      case "date":
        this.date = ascii(value);
        return;
      case "content-type":
        this.contentType = text(value);
        return;
      case "x-amz-version-id":
        this.versionId = ascii(value);
        return;
      case "x-amz-request-id":
        this.requestId = ascii(value);
        return;
      case "x-amz-delete-marker":
        this.deleteMarker = ascii(value) === "true";
        return;
      case "x-amz-tagging-count":
        this.tagCount = ascii(value);
        return;
      case "x-amz-missing-meta":
        this.missingMetadata = ascii(value);
        return;
      case "x-amz-mp-parts-count":
        this.partsCount = ascii(value);
        return;
      case "content-range":
        this.contentRange = ascii(value);
        return;
      case "cache-control":
        this.cacheControl = text(value);
        return;
      case "content-disposition":
        this.contentDisposition = text(value);
        return;
      case "content-encoding":
        this.contentEncoding = text(value);
        return;
      case "content-language":
        this.contentLanguage = text(value);
        return;
      case "expires":
        this.expires = text(value);
        return;
      default:
        if (name.startsWith(METADATA_PREFIX)) this.takeMetadata(name.slice(METADATA_PREFIX.length), value);
    }
  }

  private takeMetadata(name: string, value: Buffer): void {
    const same = this.metadataEntries.find((entry) => entry[0] === name);
    if (same === undefined) this.metadataEntries.push([name, text(value)]);
    else same[1] += `, ${text(value)}`;
  }
}

function text(value: Buffer): string {
  return fromWire(ascii(value));
}

/** The parser leaves the white space that may follow a value. */
function ascii(value: Buffer): string {
  const last = value[value.length - 1];
  const whole = value.toString("latin1");
  return last === 0x20 || last === 0x09 ? whole.trimEnd() : whole;
}
