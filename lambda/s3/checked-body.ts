import { Readable } from "node:stream";

/** Passes a body on, and fails when it ends before or after its announced length. */
export class CheckedBody extends Readable {
  private received = 0;

  /**
   * @param size - bytes that must come
   * @param describe - makes the error that readers see: from the source's error, or from undefined when only the length is wrong
   */
  constructor(
    private readonly source: Readable,
    private readonly size: number,
    private readonly describe: (cause: unknown) => Error,
  ) {
    super();
    source.on("data", (chunk: Buffer) => {
      this.received += chunk.length;
      if (this.received > this.size) this.destroy(this.describe(undefined));
      else if (!this.push(chunk)) source.pause();
    });
    source.once("end", () => {
      if (this.received === this.size) this.push(null);
      else this.destroy(this.describe(undefined));
    });
    source.once("error", (error) => this.destroy(this.describe(error)));
    source.once("close", () => {
      if (!source.readableEnded) this.destroy(this.describe(undefined));
    });
    source.pause();
  }

  public override _read(): void {
    this.source.resume();
  }

  public override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.source.destroy();
    callback(error);
  }
}
