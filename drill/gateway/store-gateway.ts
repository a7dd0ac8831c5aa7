import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { freePort } from "../machine/free-port";
import { forkTypeScript, whenExited } from "../machine/typescript-child";
import { type BlackHole, openBlackHole } from "./black-hole";
import type { CertificatePair, GatewayAddress, GatewayAnswer, GatewayRequest } from "./gateway-messages";
import type { GatewayMode, GatewayModeKind } from "./gateway-mode";

export type { CertificatePair } from "./gateway-messages";
export type { GatewayMode } from "./gateway-mode";

export interface GatewayOptions {
  /** Port of the store. */
  readonly targetPort: number;
  /** @default "127.0.0.1" */
  readonly targetHost?: string;
  /**
   * Clients speak TLS with it; the store behind is asked in plain HTTP.
   *
   * @default - plain HTTP
   */
  readonly certificate?: CertificatePair;
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
  /**
   * Requests are met as the mode says, from now on. What is under way is cut (`answers`), stands still (`hangs`) or
   * comes to its end first (all others); what hung is cut when anything else begins.
   */
  become(mode: GatewayMode): Promise<void>;
  /** `become({ kind: "pass" })`. */
  pass(): Promise<void>;
  /** `become({ kind: "answers", status: 503 })`. */
  answer503(): Promise<void>;
  /**
   * Shows another certificate to connections from now on.
   *
   * @throws Error when the gateway was started without one
   */
  showCertificate(certificate: CertificatePair): Promise<void>;
  /** SIGKILL: open connections are cut and the port refuses. */
  kill(): Promise<void>;
  /**
   * Packets to the port are lost: open connections are cut, and an attempt to connect gets no answer at all. Ends with
   * `restart`.
   */
  vanish(): Promise<void>;
  /**
   * Starts the process again on the same port, in mode `pass`. A certificate that was shown later is forgotten.
   *
   * @throws Error when the port has been taken meanwhile
   */
  restart(): Promise<void>;
  /**
   * Connections accepted since the process started.
   *
   * @param mode only those that were accepted in this mode; by default all
   */
  connections(mode?: GatewayModeKind): Promise<number>;
  /** Ends the process. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts a gateway on a free port, in mode `pass`. */
export async function startGateway(options: GatewayOptions): Promise<StoreGateway> {
  const address: GatewayAddress = {
    port: await freePort(),
    targetHost: options.targetHost ?? "127.0.0.1",
    targetPort: options.targetPort,
    certificate: options.certificate,
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
  private blackHole?: BlackHole;
  private lastId = 0;

  constructor(address: GatewayAddress) {
    this.address = address;
    this.port = address.port;
  }

  public async become(mode: GatewayMode): Promise<void> {
    await this.ask({ type: "mode", mode });
  }

  public pass(): Promise<void> {
    return this.become({ kind: "pass" });
  }

  public answer503(): Promise<void> {
    return this.become({ kind: "answers", status: 503 });
  }

  public async showCertificate(certificate: CertificatePair): Promise<void> {
    await this.ask({ type: "certificate", certificate });
  }

  public async connections(mode?: GatewayModeKind): Promise<number> {
    const { connections } = await this.ask({ type: "connections" });
    if (mode !== undefined) return connections[mode] ?? 0;
    return Object.values(connections).reduce((sum, count) => sum + count, 0);
  }

  public async kill(): Promise<void> {
    const { child, blackHole } = this;
    this.child = undefined;
    this.blackHole = undefined;
    await blackHole?.close();
    if (child !== undefined) {
      child.kill("SIGKILL");
      await whenExited(child);
    }
  }

  public async vanish(): Promise<void> {
    await this.kill();
    this.blackHole = await openBlackHole(this.port);
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
