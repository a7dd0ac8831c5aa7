import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Workload } from "./workloads";

/** Objects as `bench/s3-server/workload.go` makes them up. */
export interface MadeUpObjects {
  readonly count: number;
  readonly parts: readonly number[];
  readonly generation: number;
  /** ISO 8601. */
  readonly lastModified: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly tags: Readonly<Record<string, string>>;
}

export interface Load {
  readonly workload: MadeUpObjects;
  readonly delayMilliseconds: number;
  /** Bodies under this prefix can be read again. */
  readonly keepPrefix: string;
  /** Whether what was put under the prefix stays. */
  readonly keepsState: boolean;
  /** Whether everything else that was put stays. */
  readonly keepsObjects: boolean;
}

/** How far what a store holds equals made-up objects. */
export interface Check {
  readonly expected: number;
  /** Same key, size and bytes. */
  readonly equal: number;
  /** Of the equal ones. */
  readonly sameEtag: number;
  /** What is missing or different on some of the equal ones: names of headers, and `tags`. */
  readonly lost: readonly string[];
  /** Objects that should not be there. */
  readonly extra: number;
}

interface Ports {
  readonly plain: number;
  readonly tls: number;
  readonly admin: number;
}

export function madeUp(
  workload: Workload,
  count: number,
  generation: number,
  lastModified: Date,
): MadeUpObjects {
  const { parts, headers, tags = {} } = workload;
  return { count, parts, generation, lastModified: lastModified.toISOString(), headers, tags };
}

/** One of the two in-memory S3 servers, a process of its own that ends with this one. */
export class S3Server {
  private constructor(
    private readonly process: ChildProcess,
    private readonly ports: Ports,
    /** PEM. */
    public readonly certificateFile: string,
  ) {}

  /** @param pinned - words before the command */
  public static async start(
    program: string,
    pinned: readonly string[],
    certificateFile: string,
  ): Promise<S3Server> {
    const words = [...pinned, program, "serve", "--certificate", certificateFile];
    const [file = program, ...args] = words;
    // Its standard input stays open as long as this process lives.
    const child = spawn(file, args, { stdio: ["pipe", "pipe", "inherit"] });
    const ready = await new Promise<string>((resolve, reject) => {
      createInterface({ input: child.stdout }).once("line", resolve);
      child.once("error", reject);
      child.once("exit", (code) =>
        reject(new Error(`the bench's S3 server ended with ${code} at its start`)),
      );
    });
    return new S3Server(child, JSON.parse(ready) as Ports, certificateFile);
  }

  public url(tls: boolean): string {
    return tls ? `https://127.0.0.1:${this.ports.tls}` : `http://127.0.0.1:${this.ports.plain}`;
  }

  public async load(load: Load): Promise<void> {
    await this.ask("load", load);
  }

  /** Requests of each kind since the last load. */
  public async requests(): Promise<Readonly<Record<string, number>>> {
    const { requests } = (await this.ask("counters")) as { requests: Record<string, number> };
    return requests;
  }

  public async check(wanted: MadeUpObjects): Promise<Check> {
    return (await this.ask("check", wanted)) as Check;
  }

  public async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.stdin?.end();
    await ended;
  }

  private async ask(question: string, body?: unknown): Promise<unknown> {
    const answer = await fetch(`http://127.0.0.1:${this.ports.admin}/${question}`, {
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`the bench's S3 server refused ${question}: ${await answer.text()}`);
    return answer.json();
  }
}
