import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { freePort } from "../machine/free-port";
import { forkTypeScript, whenExited } from "../machine/typescript-child";
import type { GatewayAddress, GatewayAnswer, GatewayMode, GatewayRequest } from "./gateway-messages";

export type { GatewayMode } from "./gateway-messages";

export interface GatewayOptions {
  /** Port of the store. */
  readonly targetPort: number;
  /** @default "127.0.0.1" */
  readonly targetHost?: string;
}

/**
 * A process of its own in front of a store, which breaks on purpose. Bytes pass through untouched, so
 * signatures and bodies stay what they are. Clients of the drill know only the gateway's port: killing the
 * gateway stands for killing a store that would lose its data, as LocalStack does.
 */
export interface StoreGateway {
  readonly host: "127.0.0.1";
  /** The same after `kill` and `restart`. */
  readonly port: number;
  /** Connections are passed to the store. Those that were answered 503 are cut. */
  pass(): Promise<void>;
  /** Every request on a new connection is answered 503 and its connection closed. Connections to the store are cut. */
  answer503(): Promise<void>;
  /** SIGKILL: open connections are cut and the port refuses. */
  kill(): Promise<void>;
  /**
   * Starts the process again on the same port, in mode `pass`.
   *
   * @throws Error when the port has been taken meanwhile
   */
  restart(): Promise<void>;
  /**
   * Connections accepted since the process started.
   *
   * @param mode only those that were accepted in this mode; by default all
   */
  connections(mode?: GatewayMode): Promise<number>;
  /** Ends the process. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts a gateway on a free port, in mode `pass`. */
export async function startGateway(options: GatewayOptions): Promise<StoreGateway> {
  const address: GatewayAddress = {
    port: await freePort(),
    targetHost: options.targetHost ?? "127.0.0.1",
    targetPort: options.targetPort,
  };
  const gateway = new GatewayOnPort(address);
  await gateway.restart();
  return gateway;
}

/** A request without its number. */
type Question = GatewayRequest extends infer Request
  ? Request extends GatewayRequest
    ? Omit<Request, "id">
    : never
  : never;

class GatewayOnPort implements StoreGateway {
  public readonly host = "127.0.0.1";
  public readonly port: number;
  private readonly address: GatewayAddress;
  private child?: ChildProcess;
  private lastId = 0;

  constructor(address: GatewayAddress) {
    this.address = address;
    this.port = address.port;
  }

  public async pass(): Promise<void> {
    await this.ask({ type: "mode", mode: "pass" });
  }

  public async answer503(): Promise<void> {
    await this.ask({ type: "mode", mode: "answers-503" });
  }

  public async connections(mode?: GatewayMode): Promise<number> {
    const { connections } = await this.ask({ type: "connections" });
    return mode === undefined ? connections.pass + connections["answers-503"] : connections[mode];
  }

  public async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (child !== undefined) {
      child.kill("SIGKILL");
      await whenExited(child);
    }
  }

  public async restart(): Promise<void> {
    await this.kill();
    this.child = forkTypeScript(path.join(__dirname, "gateway-process.ts"));
    try {
      await this.ask({ type: "listen", address: this.address });
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  public stop(): Promise<void> {
    // It keeps no state: there is nothing that a gentler end would save.
    return this.kill();
  }

  private ask(question: Question): Promise<GatewayAnswer> {
    const { child } = this;
    if (child === undefined) {
      return Promise.reject(new Error(`the gateway on port ${this.port} is not running`));
    }
    this.lastId += 1;
    const request: GatewayRequest = { ...question, id: this.lastId };
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        child.off("message", onMessage);
        child.off("exit", onExit);
        act();
      };
      const onMessage = (answer: GatewayAnswer) => {
        if (answer.id === request.id) {
          settle(() => (answer.error === undefined ? resolve(answer) : reject(new Error(answer.error))));
        }
      };
      const onExit = () => settle(() => reject(new Error(`the gateway on port ${this.port} ended`)));
      child.on("message", onMessage);
      child.on("exit", onExit);
      child.send(request);
    });
  }
}
