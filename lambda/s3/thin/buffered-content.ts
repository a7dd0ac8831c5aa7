import { Readable } from "node:stream";
import type { ObjectContent, ObjectHead, ObjectHeaders } from "../object-client";

/** An object whose bytes are here already; a stream of them is made only for who asks for one. */
export class BufferedContent implements ObjectContent {
  public readonly etag: string;
  public readonly size: number;
  public readonly lastModified: Date;
  public readonly versionId: string;
  public readonly partCount?: number;
  public readonly headers: ObjectHeaders;
  private stream: Readable | undefined;

  constructor(
    head: ObjectHead,
    public readonly tagCount: number,
    public readonly buffered: Buffer,
  ) {
    this.etag = head.etag;
    this.size = head.size;
    this.lastModified = head.lastModified;
    this.versionId = head.versionId;
    if (head.partCount !== undefined) this.partCount = head.partCount;
    this.headers = head.headers;
  }

  public get body(): Readable {
    this.stream ??= Readable.from(this.buffered.length === 0 ? [] : [this.buffered], { objectMode: false });
    return this.stream;
  }
}
