import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { eventProblem, isDrillEvent } from "./event-shape";
import type { DrillEvent } from "./events";
import { LogChain } from "./log-chain";

/** Bytes that may be lost when the process is killed outright; everything else is in the file. */
const BUFFERED_BYTES = 64 * 1024;

/** Where the log is and what exactly it says. */
export interface WrittenLog {
  readonly path: string;
  /** SHA-256 of the file, in hex. */
  readonly sha256: string;
  /** Of the last line, which stands for all before it: `LogChain`. */
  readonly lastHash: string;
  /** How many events it holds. */
  readonly events: number;
}

/**
 * The drill's raw event log: a file of JSON lines, in the order of arrival, each tied to those before it. Buffered;
 * written out on `close` and when the process exits.
 */
export class EventLog {
  public readonly path: string;
  private readonly file: number;
  private readonly chain = new LogChain();
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
    const line = `${this.chain.seal(JSON.stringify(event))}\n`;
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
      this.written = {
        path: this.path,
        sha256: this.digest.digest("hex"),
        lastHash: this.chain.last,
        events: this.count,
      };
    }
    return this.written;
  }

  /** Writes out what is buffered, for whoever looks into the file before it is closed. */
  public flush(): void {
    if (this.buffered.length === 0) return;
    const bytes = Buffer.from(this.buffered.join(""));
    this.buffered = [];
    this.bufferedLength = 0;
    this.digest.update(bytes);
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(this.file, bytes, offset);
  }
}

/** The log is no evidence: a line is torn, malformed, unknown, or not the one that was written there. `line` counts from 1. */
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

/** A log of which every line was checked, alone and against the one before. Figures are computed from these and nothing else. */
export interface ReadLog extends WrittenLog {
  readonly history: readonly DrillEvent[];
  /** The line that the run was cut off in; absent for a log that ends with a whole line. */
  readonly tornLine?: number;
}

/**
 * Reads a whole log back, every line checked.
 *
 * @param options - with `evenIfTorn`, the whole lines of a log whose last line does not end, as a killed run leaves it
 * @throws EventLogError with the number of the first line that is not a whole event, or not the one that was written there
 */
export function readEventLog(path: string, options: { readonly evenIfTorn?: boolean } = {}): ReadLog {
  const bytes = readFileSync(path);
  const lines = bytes.toString("utf8").split("\n");
  const rest = lines.pop() ?? "";
  const chain = new LogChain();
  const history = lines.map((line, index) => readLine(path, index + 1, line, chain));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const read = { path, sha256, lastHash: chain.last, events: history.length, history };
  if (rest === "") return read;
  const tornLine = lines.length + 1;
  if (options.evenIfTorn) return { ...read, tornLine };
  throw new EventLogError(
    path,
    tornLine,
    `torn: the line does not end; the run was cut off while writing it${endOf(history)}`,
  );
}

function readLine(path: string, number: number, line: string, chain: LogChain): DrillEvent {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new EventLogError(path, number, "malformed: not JSON", { cause });
  }
  const broken = chain.problemOf(line);
  if (broken !== undefined) throw new EventLogError(path, number, broken);
  if (!isDrillEvent(value)) {
    throw new EventLogError(path, number, `malformed: ${eventProblem(value) ?? "not an event"}`);
  }
  return withoutHash(value);
}

function withoutHash(value: DrillEvent & { readonly hash?: string }): DrillEvent {
  const { hash: _checked, ...event } = value;
  return event;
}

/** Where the run was, in words, for someone who wonders what is lost. */
function endOf(history: readonly DrillEvent[]): string {
  const last = history.at(-1);
  if (last === undefined) return ", before any event";
  const phase = history.findLast((event) => event.type === "phase");
  return `, ${Math.round(last.at) / 1000} s into it${phase === undefined ? "" : `, in phase "${phase.phase}"`}`;
}
