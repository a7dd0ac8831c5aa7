const END_OF_HEAD = "\r\n\r\n";

/** What of an answer is still to come. */
type Awaited =
  | { readonly part: "head" }
  | { readonly part: "bytes"; left: number; readonly next: Awaited | undefined }
  | { readonly part: "chunk-size" }
  | { readonly part: "trailer" }
  /** Only the connection's end ends it. */
  | { readonly part: "rest" };

/**
 * Follows the bytes of one HTTP/1.1 connection, without touching them, so far as is needed to know whether an
 * exchange is under way. Only between two exchanges can a connection be closed without tearing anything.
 */
export class ExchangeFollower {
  private awaited: Awaited | undefined;
  private method = "";
  /** What has come of a head or of a chunk's size line, as Latin-1. */
  private held = "";

  public get underWay(): boolean {
    return this.awaited !== undefined;
  }

  /** Bytes from the client. Anything after an answer's end begins the next exchange: nobody here pipelines. */
  public sent(bytes: Buffer): void {
    if (this.awaited !== undefined || bytes.length === 0) return;
    this.method = bytes.subarray(0, 8).toString("latin1").split(" ", 1)[0] ?? "";
    this.awaited = { part: "head" };
    this.held = "";
  }

  /** Bytes from the server. */
  public answered(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0 && this.awaited !== undefined) rest = this.take(this.awaited, rest);
  }

  /** Takes what it can of the bytes and returns the others. */
  private take(awaited: Awaited, bytes: Buffer): Buffer {
    switch (awaited.part) {
      case "head":
        return this.line(bytes, END_OF_HEAD, (head) => this.begin(head));
      case "bytes": {
        const taken = Math.min(awaited.left, bytes.length);
        awaited.left -= taken;
        if (awaited.left === 0) this.awaited = awaited.next;
        return bytes.subarray(taken);
      }
      case "chunk-size":
        return this.line(bytes, "\r\n", (size) => this.beginChunk(size));
      case "trailer":
        return this.line(bytes, "\r\n", (line) => {
          if (line === "") this.awaited = undefined;
        });
      case "rest":
        return Buffer.alloc(0);
    }
  }

  /** Hands over what stands before the separator, once that has come. */
  private line(bytes: Buffer, separator: string, onLine: (line: string) => void): Buffer {
    const before = this.held.length;
    const text = this.held + bytes.toString("latin1");
    const end = text.indexOf(separator);
    if (end < 0) {
      this.held = text;
      return Buffer.alloc(0);
    }
    this.held = "";
    onLine(text.slice(0, end));
    return bytes.subarray(end + separator.length - before);
  }

  private begin(head: string): void {
    const status = Number(head.slice(9, 12));
    // 100 Continue and its like announce another head.
    if (status < 200) return;
    const length = /^content-length: *(\d+)/im.exec(head)?.[1];
    if (this.method === "HEAD" || status === 204 || status === 304 || length === "0")
      this.awaited = undefined;
    else if (/^transfer-encoding: *chunked/im.test(head)) this.awaited = { part: "chunk-size" };
    else
      this.awaited =
        length === undefined ? { part: "rest" } : { part: "bytes", left: Number(length), next: undefined };
  }

  private beginChunk(line: string): void {
    // A chunk's bytes end with a line end of their own, which is read as an empty size.
    if (line === "") return;
    const size = Number.parseInt(line, 16);
    this.awaited =
      size === 0 ? { part: "trailer" } : { part: "bytes", left: size, next: { part: "chunk-size" } };
  }
}
