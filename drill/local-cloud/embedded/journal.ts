import { closeSync, existsSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";

/**
 * An append-only file of JSON lines. A line is with the operating system before `append` returns, so that a
 * killed process loses nothing; a crash of the whole machine may, which a rehearsal need not survive.
 */
export class Journal<Entry> {
  private readonly file: number;
  /** Bytes of whole lines. */
  private size: number;

  /** Opens the journal and hands over what it holds; a last line that was cut off is dropped from the file. */
  constructor(path: string, replay: (entry: Entry) => void) {
    const bytes = existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
    const whole = bytes.subarray(0, bytes.lastIndexOf("\n") + 1);
    for (const line of whole.toString("utf8").split("\n")) {
      // The lines are this class's own.
      if (line !== "") replay(JSON.parse(line) as Entry);
    }
    this.file = openSync(path, "a");
    if (whole.length < bytes.length) ftruncateSync(this.file, whole.length);
    this.size = whole.length;
  }

  /** @throws Error when the line cannot be written, as on a full disk; nothing of it stays then */
  public append(entry: Entry): void {
    const line = Buffer.from(`${JSON.stringify(entry)}\n`, "utf8");
    let written = 0;
    try {
      while (written < line.length) written += writeSync(this.file, line, written);
    } catch (error) {
      // The next line would be appended to the torn one, and both be lost.
      ftruncateSync(this.file, this.size);
      throw error;
    }
    this.size += line.length;
  }

  public close(): void {
    closeSync(this.file);
  }
}
