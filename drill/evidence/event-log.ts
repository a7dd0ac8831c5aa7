import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { eventProblem, isDrillEvent } from "./event-shape";
import type { DrillEvent } from "./events";

/** Bytes that may be lost when the process is killed outright; everything else is in the file. */
const BUFFERED_BYTES = 64 * 1024;

/** Where the log is and what exactly it says. */
export interface WrittenLog {
  readonly path: string;
  /** SHA-256 of the file, in hex. */
  readonly sha256: string;
  /** How many events it holds. */
  readonly events: number;
}

/**
 * The drill's raw event log: a file of JSON lines, in the order of arrival. Buffered; written out on
 * `close` and when the process exits.
 */
export class EventLog {
  public readonly path: string;
  private readonly file: number;
  private readonly digest = createHash("sha256");
  private buffered: string[] = [];
  private bufferedLength = 0;
  private count = 0;
  private written: WrittenLog | undefined;
  private readonly flushAtExit = () => this.flush();

  /** @param path - a file of this name is replaced; its folder is made */
  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true });
    this.path = path;
    this.file = openSync(path, "w");
    process.once("exit", this.flushAtExit);
  }

  /** @throws Error after `close`: an event that is not in the file must not go unnoticed */
  public append(event: DrillEvent): void {
    if (this.written !== undefined) {
      throw new Error(`event "${event.type}" came after the event log ${this.path} was closed`);
    }
    const line = `${JSON.stringify(event)}\n`;
    this.buffered.push(line);
    this.bufferedLength += line.length;
    this.count += 1;
    if (this.bufferedLength >= BUFFERED_BYTES) this.flush();
  }

  /** Writes out what is buffered and closes the file. Safe to call twice. */
  public close(): WrittenLog {
    if (this.written === undefined) {
      this.flush();
      closeSync(this.file);
      process.off("exit", this.flushAtExit);
      this.written = { path: this.path, sha256: this.digest.digest("hex"), events: this.count };
    }
    return this.written;
  }

  private flush(): void {
    if (this.buffered.length === 0) return;
    const bytes = Buffer.from(this.buffered.join(""));
    this.buffered = [];
    this.bufferedLength = 0;
    this.digest.update(bytes);
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(this.file, bytes, offset);
  }
}

/** The log is no evidence: a line is torn, malformed or unknown. `line` counts from 1. */
export class EventLogError extends Error {
  public override readonly name = "EventLogError";

  constructor(
    public readonly path: string,
    public readonly line: number,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`event log ${path}, line ${line}: ${problem}`, options);
  }
}

export interface ReadLog extends WrittenLog {
  readonly history: readonly DrillEvent[];
}

/**
 * Reads a whole log back, every line checked.
 *
 * @throws EventLogError with the number of the first line that is not a whole event
 */
export function readEventLog(path: string): ReadLog {
  const bytes = readFileSync(path);
  const lines = bytes.toString("utf8").split("\n");
  const rest = lines.pop();
  if (rest !== undefined && rest !== "") {
    throw new EventLogError(
      path,
      lines.length + 1,
      "torn: the line does not end; the run was cut off while writing it",
    );
  }
  const history = lines.map((line, index) => parseEvent(path, index + 1, line));
  return { path, sha256: createHash("sha256").update(bytes).digest("hex"), events: history.length, history };
}

function parseEvent(path: string, number: number, line: string): DrillEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new EventLogError(path, number, "malformed: not JSON", { cause });
  }
  if (isDrillEvent(value)) return value;
  throw new EventLogError(path, number, `malformed: ${eventProblem(value) ?? "not an event"}`);
}
