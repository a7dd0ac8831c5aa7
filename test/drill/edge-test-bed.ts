import { once } from "node:events";
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { StoreName } from "../../contract/stores";
import type { EdgeEvent } from "../../drill/edge/edge-engine";
import { type EdgePlan, withPools } from "../../drill/edge/edge-plan";
import { readEdgePlan } from "../../drill/edge/read-edge-plan";
import { type EdgeOptions, type RunningEdge, startEdge } from "../../drill/edge/start-edge";
import { monotonicMilliseconds } from "../../drill/machine/clock";
import { edgeStackJson } from "./edge-stack-fixture";
import { TestOrigin } from "./edge-test-origin";

/** One minute of the plan, its interval and its marker's time to live, passes in half a second. */
export const SPEED = 120;
export const INTERVAL_MILLISECONDS = 500;
/** A machine under load is late; this is long enough to tell late from never. */
export const PATIENCE_MILLISECONDS = 15_000;

export const PRIMARY_FIRST = readEdgePlan(edgeStackJson("primary"));
export const SECONDARY_FIRST = readEdgePlan(edgeStackJson("secondary"));

/** Probes are so rare that no monitor notices anything while a test looks. */
export const UNNOTICED = withPools(PRIMARY_FIRST, (pool) => ({
  ...pool,
  monitor: { ...pool.monitor, intervalSeconds: 3600 },
}));

interface Read {
  readonly status: number;
  readonly store?: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

interface ReadOptions {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Two real origins, and an edge in a process of its own in front of them. */
export class EdgeTestBed {
  public readonly origins: Readonly<Record<StoreName, TestOrigin>> = {
    primary: new TestOrigin("primary"),
    secondary: new TestOrigin("secondary"),
  };
  public readonly events: EdgeEvent[] = [];
  public readonly began = monotonicMilliseconds();
  private running?: RunningEdge;
  private readonly toStop: (() => Promise<void>)[] = [];

  public get edge(): RunningEdge {
    if (this.running === undefined) throw new Error("the edge has not been started");
    return this.running;
  }

  public async startOrigins(): Promise<void> {
    for (const origin of Object.values(this.origins)) {
      await origin.start();
      this.alsoStop(() => origin.stop());
    }
  }

  public async startWith(plan: EdgePlan = PRIMARY_FIRST, settings: Partial<EdgeOptions> = {}): Promise<void> {
    const edge = await startEdge({
      plan,
      ports: {
        "primary-origin.example.com": this.origins.primary.port,
        "secondary-origin.example.com": this.origins.secondary.port,
      },
      speed: SPEED,
      origin: this.began,
      onEvent: (event) => this.events.push(event),
      ...settings,
    });
    this.running = edge;
    this.alsoStop(() => edge.stop());
  }

  /** Starts the edge and waits until both pools are healthy; events so far are forgotten. */
  public async startHealthy(plan?: EdgePlan, settings?: Partial<EdgeOptions>): Promise<void> {
    await this.startWith(plan, settings);
    await until(async () => (await this.edge.pools()).every((pool) => pool.status === "healthy"));
    this.events.length = 0;
  }

  public alsoStop(stop: () => Promise<void>): void {
    this.toStop.push(stop);
  }

  public async stop(): Promise<void> {
    await Promise.all(this.toStop.map((stop) => stop()));
  }

  public async read(path = "/a", { method = "GET", body, headers }: ReadOptions = {}): Promise<Read> {
    const outgoing = request({
      port: this.edge.port,
      host: "127.0.0.1",
      path,
      agent: new Agent(),
      method,
      headers: { host: "assets.example.com", ...headers },
    });
    outgoing.end(body);
    const [response]: IncomingMessage[] = await once(outgoing, "response");
    if (response === undefined) throw new Error("no response");
    const chunks: Buffer[] = await response.toArray();
    // Events come by another way than answers: once a later question is answered, all earlier ones are here.
    await this.edge.pools();
    return {
      status: response.statusCode ?? 0,
      store: response.headers["x-drill-store"]?.toString(),
      body: Buffer.concat(chunks).toString("latin1"),
      headers: response.headers,
    };
  }

  public readsComeFrom(store: StoreName): Promise<void> {
    return until(async () => (await this.read()).store === store);
  }

  /** What became of a store's pool, in order: whether it was healthy. */
  public poolEvents(store: StoreName): readonly boolean[] {
    return this.events.flatMap((event) =>
      event.type === "pool" && event.store === store ? [event.healthy] : [],
    );
  }
}

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = monotonicMilliseconds() + PATIENCE_MILLISECONDS;
  while (!(await condition())) {
    if (monotonicMilliseconds() > deadline) throw new Error("waited in vain");
    await sleep(10);
  }
}
