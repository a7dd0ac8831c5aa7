import { createHash } from "node:crypto";

/** What the first line follows. */
const BEGINNING = "0".repeat(64);

/** `,"hash":"<64 hex digits>"}` */
const SEAL = /,"hash":"([0-9a-f]{64})"\}$/;
const SEAL_LENGTH = ',"hash":""}'.length + 64;

/**
 * Ties each line of a log to all lines before it: its `hash` is the SHA-256 over the hash of the line before and its own
 * content. Whoever changes, adds, removes or moves a line must rewrite every hash after it, and the last one is in the report.
 */
export class LogChain {
  private previous = BEGINNING;

  /** The hash of the latest line; 64 zeros before the first. */
  public get last(): string {
    return this.previous;
  }

  /** @param content - one JSON object with at least one field, without `hash` */
  public seal(content: string): string {
    this.previous = hashOf(this.previous, content);
    return `${content.slice(0, -1)},"hash":"${this.previous}"}`;
  }

  /** What is wrong with the next line, as it is in the file; undefined when it follows the one before. */
  public problemOf(line: string): string | undefined {
    const said = SEAL.exec(line)?.[1];
    if (said === undefined) return "without a hash at its end: not a line of a drill's log";
    const content = `${line.slice(0, -SEAL_LENGTH)}}`;
    if (hashOf(this.previous, content) !== said) {
      return "does not follow from the line before: it was changed, or a line was added, removed or moved here";
    }
    this.previous = said;
    return undefined;
  }
}

function hashOf(previous: string, content: string): string {
  return createHash("sha256").update(previous).update(content).digest("hex");
}
