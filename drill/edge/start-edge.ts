import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Marker } from "../../contract/marker";
import type { MachineDelay } from "../evidence/events";
import { forkTypeScript, whenExited } from "../machine/typescript-child";
import type { EdgeEvent, EdgeSettings, PoolOrder, PoolState } from "./edge-engine";
import type { EdgePlan } from "./edge-plan";
import type { Command, FromEdge, Reply, ToEdge } from "./messages";

/** Milliseconds after which an edge that does not stop is killed. */
const STOP_MILLISECONDS = 5000;

export interface EdgeOptions extends EdgeSettings {
  /** Called for each change of a pool's health and each retry, in the order in which they happened. */
  readonly onEvent: (event: EdgeEvent) => void;
  /** Called about once a second: for how long the machine kept the edge from running. @default - nobody is told */
  readonly onDelay?: (delay: MachineDelay) => void;
  /**
   * Called when the edge's process ends without having been asked to.
   *
   * @default - the next call fails and says so
   */
  readonly onFailure?: (error: Error) => void;
}

/** The edge engine, running in a process of its own. */
export interface RunningEdge {
  readonly port: number;
  /** Where readers ask, without a slash at the end. */
  readonly url: string;
  /** Two resolvers of the marker, as URLs for `name` and `type` parameters. */
  readonly resolverUrls: readonly [string, string];
  /**
   * Takes another plan: the marker moves first, then the order. Readers notice after at most 5 plan seconds,
   * resolvers after at most the marker's TTL.
   *
   * @throws Error when an origin address has no port; the old plan stays in force
   */
  applyPlan(plan: EdgePlan): Promise<void>;
  /** Changes the marker's content alone, as a pause of writers does. */
  publishMarker(marker: Marker): Promise<void>;
  /**
   * Enables or disables a pool until the next plan, as a person does at Cloudflare. A disabled pool gets no traffic and no
   * probes, and once enabled is looked at anew.
   *
   * @throws Error for a pool that the plan does not have
   */
  setPool(name: string, change: { readonly enabled: boolean }): Promise<void>;
  /**
   * Changes the load balancer's order alone: no marker, no pools' settings.
   *
   * @throws Error for a pool that the plan does not have
   */
  setOrder(order: PoolOrder): Promise<void>;
  /**
   * Takes an origin's address out of DNS: monitors fail, and readers get 530.
   *
   * @throws Error for an address that was never given a port
   */
  removeAddress(address: string): Promise<void>;
  /** @throws Error for an address that was never given a port */
  restoreAddress(address: string): Promise<void>;
  /** Every pool and its health now. */
  pools(): Promise<readonly PoolState[]>;
  /** Ends the process. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts an edge that follows `plan` and behaves as Cloudflare documents its load balancer; see `docs/edge-engine.md`.
 * Readers ask over plain HTTP on loopback; origins are asked so too unless `tls` is set. The first checks begin at once; until they are done readers get the fallback pool.
 *
 * @throws Error when the settings are refused or the process does not start
 */
export async function startEdge(options: EdgeOptions): Promise<RunningEdge> {
  const { onEvent, onDelay, onFailure, ...settings } = options;
  const edge = new EdgeChild(onEvent, onDelay);
  try {
    const reply = await edge.ask({ action: "start", settings });
    if (reply.kind !== "started") throw new Error(`the edge answered "${reply.kind}" to start`);
    edge.onFailure = onFailure;
    const { port, resolverPorts } = reply.addresses;
    return {
      port,
      url: `http://127.0.0.1:${port}`,
      resolverUrls: [
        `http://127.0.0.1:${resolverPorts[0]}/dns-query`,
        `http://127.0.0.1:${resolverPorts[1]}/resolve`,
      ],
      applyPlan: (plan) => edge.tell({ action: "apply-plan", plan }),
      publishMarker: (marker) => edge.tell({ action: "publish-marker", marker }),
      setPool: (name, { enabled }) => edge.tell({ action: "set-pool", name, enabled }),
      setOrder: (order) => edge.tell({ action: "set-order", order }),
      removeAddress: (address) => edge.tell({ action: "remove-address", address }),
      restoreAddress: (address) => edge.tell({ action: "restore-address", address }),
      pools: async () => {
        const answer = await edge.ask({ action: "pools" });
        return answer.kind === "pools" ? answer.pools : [];
      },
      stop: () => edge.stop(),
    };
  } catch (error) {
    await edge.stop();
    throw error;
  }
}

/** The process, and the questions that it has not answered yet. */
class EdgeChild {
  /** Told when the process ends without having been asked to. */
  public onFailure?: (error: Error) => void;
  private readonly child: ChildProcess;
  private readonly waiting = new Map<number, { resolve(reply: Reply): void; reject(error: Error): void }>();
  private lastNumber = 0;
  private ended?: Error;
  private stopping?: Promise<void>;

  constructor(
    private readonly onEvent: (event: EdgeEvent) => void,
    private readonly onDelay?: (delay: MachineDelay) => void,
  ) {
    this.child = forkTypeScript(join(__dirname, "edge-process.ts"));
    this.child.on("message", (message) => this.receive(message as FromEdge));
    this.child.on("error", (error) => this.end(error));
    this.child.on("exit", (code, signal) =>
      this.end(new Error(`the edge's process ended (${signal ?? `exit status ${code}`})`)),
    );
  }

  public ask(command: Command): Promise<Reply> {
    if (this.ended !== undefined) return Promise.reject(this.ended);
    this.lastNumber += 1;
    const message: ToEdge = { number: this.lastNumber, command };
    return new Promise((resolve, reject) => {
      this.waiting.set(message.number, { resolve, reject });
      this.child.send(message, (error) => error && this.settle(message.number, failed(error.message)));
    });
  }

  /** Asks for something that has no answer but that it is done. */
  public async tell(command: Command): Promise<void> {
    await this.ask(command);
  }

  public stop(): Promise<void> {
    this.stopping ??= this.endProcess();
    return this.stopping;
  }

  private async endProcess(): Promise<void> {
    if (this.ended !== undefined) return;
    const killer = setTimeout(() => this.child.kill("SIGKILL"), STOP_MILLISECONDS);
    // The process may go before its answer arrives; that it goes is all that counts.
    await Promise.allSettled([this.ask({ action: "stop" }), whenExited(this.child)]);
    clearTimeout(killer);
  }

  private receive(message: FromEdge): void {
    if (message.kind === "event") this.onEvent(message.event);
    else if (message.kind === "delay") this.onDelay?.(message.delay);
    else this.settle(message.number, message.reply);
  }

  private settle(number: number, reply: Reply): void {
    const asked = this.waiting.get(number);
    this.waiting.delete(number);
    if (reply.kind === "failed") asked?.reject(new Error(reply.reason));
    else asked?.resolve(reply);
  }

  private end(error: Error): void {
    if (this.ended !== undefined) return;
    this.ended = error;
    for (const asked of this.waiting.values()) asked.reject(error);
    this.waiting.clear();
    if (this.stopping === undefined) this.onFailure?.(error);
  }
}

function failed(reason: string): Reply {
  return { kind: "failed", reason };
}
