import { closeSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import type { Difference } from "./difference";

/** Kept back until so many characters are together. */
const WRITTEN_AT_ONCE = 64 * 1024;

/**
 * Writes a JSON file with every difference, however many there are, without holding them in memory. The file is
 * there under its name only when it is whole.
 */
export class ReportFile {
  private readonly unfinished: string;
  private readonly descriptor: number;
  private pending = '{\n"differences": [';
  private separator = "\n";

  /** @throws Error of the file system when the file cannot be written */
  constructor(private readonly path: string) {
    this.unfinished = `${path}.${process.pid}.part`;
    this.descriptor = openSync(this.unfinished, "w");
  }

  public add(difference: Difference): void {
    this.pending += `${this.separator}${JSON.stringify(difference)}`;
    this.separator = ",\n";
    if (this.pending.length >= WRITTEN_AT_ONCE) this.flush();
  }

  /** @param summary - whatever else the report says; without `differences` */
  public finish(summary: object): void {
    const rest = JSON.stringify(summary, null, 1).slice(1);
    this.pending += `\n],${rest}\n`;
    this.flush();
    closeSync(this.descriptor);
    renameSync(this.unfinished, this.path);
  }

  public discard(): void {
    closeSync(this.descriptor);
    rmSync(this.unfinished, { force: true });
  }

  private flush(): void {
    writeSync(this.descriptor, this.pending);
    this.pending = "";
  }
}
