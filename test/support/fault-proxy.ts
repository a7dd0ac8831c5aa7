import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { close, listen } from "../../drill/machine/loopback-server";
import { seededRandom } from "../../drill/workload/seeded-random";

/**
 * What befalls a request:
 *
 * - `busy`: the store is said to be, with 503 `SlowDown`, and never asked.
 * - `cut request`: the connection ends half way through the request's body; before the request, where it has none.
 * - `lost answer`: the store does what it was asked, and the connection ends before it can say so.
 * - `cut answer`: the connection ends half way through the answer's body.
 * - `late`: it arrives, a little later.
 */
export const FAULTS = ["busy", "cut request", "lost answer", "cut answer", "late"] as const;

export type Fault = (typeof FAULTS)[number];

export interface FaultProxyOptions {
  readonly targetPort: number;
  readonly seed: number;
  /** How likely each fault is, from 0 to 1. */
  readonly likelihood: Readonly<Record<Fault, number>>;
}

export interface FaultProxy {
  readonly url: string;
  /** How often each fault happened so far. */
  readonly happened: Readonly<Record<Fault, number>>;
  stop(): Promise<void>;
}

const BUSY =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>';

const LONGEST_DELAY_MILLISECONDS = 20;

/**
 * A bad way to a store. What befalls a request follows from the seed, its method and path, and how often it was made
 * before, so that it does not depend on the order in which requests happen to arrive.
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true });
  const happened = { busy: 0, "cut request": 0, "lost answer": 0, "cut answer": 0, late: 0 };
  const made = new Map<string, number>();
  const server = createServer((incoming, outgoing) => {
    const what = `${incoming.method} ${incoming.url}`;
    const times = made.get(what) ?? 0;
    made.set(what, times + 1);
    const random = seededRandom(hashOf(`${options.seed} ${times} ${what}`));
    const fault = drawn(random.fraction(), options.likelihood);
    if (fault !== undefined) happened[fault] += 1;
    const way = new Way(incoming, outgoing, options.targetPort, agent);
    if (fault === "late") void delay(random.fraction() * LONGEST_DELAY_MILLISECONDS).then(() => way.pass());
    else way.meet(fault);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    happened,
    stop: async () => {
      await close(server);
      agent.destroy();
    },
  };
}

/** One request on its way to the store, and the answer on its way back. */
class Way {
  constructor(
    private readonly incoming: IncomingMessage,
    private readonly outgoing: ServerResponse,
    private readonly port: number,
    private readonly agent: Agent,
  ) {}

  public meet(fault: Exclude<Fault, "late"> | undefined): void {
    switch (fault) {
      case "busy":
        this.refuse();
        return;
      case "cut request":
        this.cutRequest();
        return;
      case "lost answer":
        this.forward((answer) => {
          answer.resume();
          this.cut();
        });
        return;
      case "cut answer":
        this.forward((answer) => this.cutAnswer(answer));
        return;
      case undefined:
        this.pass();
    }
  }

  public pass(): void {
    this.forward((answer) => {
      this.outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(this.outgoing);
    });
  }

  private refuse(): void {
    this.incoming.resume();
    this.outgoing.writeHead(503, { "content-type": "application/xml", "content-length": BUSY.length });
    this.outgoing.end(BUSY);
  }

  private cutRequest(): void {
    const length = Number(this.incoming.headers["content-length"] ?? 0);
    if (length === 0) {
      this.cut();
      return;
    }
    const onward = this.open(() => this.cut());
    let left = Math.ceil(length / 2);
    this.incoming.on("data", (chunk: Buffer) => {
      if (left <= 0) return;
      const half = chunk.subarray(0, left);
      left -= half.length;
      onward.write(half, () => {
        if (left > 0) return;
        onward.destroy();
        this.cut();
      });
    });
  }

  private cutAnswer(answer: IncomingMessage): void {
    this.outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    let left = Math.floor(Number(answer.headers["content-length"] ?? 0) / 2);
    this.outgoing.flushHeaders();
    answer.on("data", (chunk: Buffer) => {
      if (left <= 0) return;
      const half = chunk.subarray(0, left);
      left -= half.length;
      this.outgoing.write(half, () => {
        if (left <= 0) this.cut();
      });
    });
    answer.on("end", () => this.cut());
  }

  private forward(onAnswer: (answer: IncomingMessage) => void): void {
    this.incoming.pipe(this.open(onAnswer));
  }

  private open(onAnswer: (answer: IncomingMessage) => void) {
    const { method, url: path, headers } = this.incoming;
    const { port, agent } = this;
    const onward = request({ host: "127.0.0.1", port, method, path, headers, agent }, onAnswer);
    onward.on("error", () => this.cut());
    return onward;
  }

  private cut(): void {
    this.incoming.socket.destroy();
  }
}

function drawn(fraction: number, likelihood: FaultProxyOptions["likelihood"]): Fault | undefined {
  let upto = 0;
  return FAULTS.find((fault) => {
    upto += likelihood[fault];
    return fraction < upto;
  });
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
