import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { healthBody } from "../../contract/state-keys";
import type { StoreName } from "../../contract/stores";
import type { CertificatePair } from "../../drill/gateway/gateway-messages";
import { close, listen } from "../../drill/machine/loopback-server";

/**
 * - `sick`: only the health object answers 503; `wrong-store`: it names another store.
 * - `resets`: cuts the connection before any answer; `hangs`: never answers.
 */
type Behaviour = "well" | "answers-503" | "sick" | "wrong-store" | "resets" | "hangs";

/** A small real origin on loopback whose behaviour a test can change. */
export class TestOrigin {
  public behaviour: Behaviour = "well";
  /** Answers reads instead of the plain text, while `well`. */
  public handler?: RequestListener;
  /** Reads that arrived, without those of monitors. */
  public readonly reads: IncomingMessage[] = [];
  public probes: IncomingMessage[] = [];
  public port = 0;
  private server?: Server;

  constructor(private readonly store: StoreName) {}

  /**
   * Listens on a free port, and after `stop` on the same port again.
   *
   * @param certificate for TLS; absent: plain HTTP
   */
  public async start(certificate?: CertificatePair): Promise<void> {
    const answer: RequestListener = (incoming, outgoing) => this.answer(incoming, outgoing);
    const server =
      certificate === undefined
        ? createServer(answer)
        : createSecureServer({ key: certificate.key, cert: certificate.certificate }, answer);
    this.port = await listen(server, this.port);
    this.server = server;
  }

  /** Connections are refused from now on. */
  public async stop(): Promise<void> {
    if (this.server !== undefined) await close(this.server);
  }

  private answer(...[incoming, outgoing]: Parameters<RequestListener>): void {
    const isProbe = incoming.headers["user-agent"]?.includes("Cloudflare-Traffic-Manager") ?? false;
    (isProbe ? this.probes : this.reads).push(incoming);
    if (this.behaviour === "resets") return void incoming.socket.resetAndDestroy();
    if (this.behaviour === "hangs") return;
    if (this.behaviour === "answers-503" || (this.behaviour === "sick" && isProbe))
      return void outgoing.writeHead(503).end("out of order");
    if (isProbe) {
      const named = this.behaviour === "wrong-store" ? "another store" : this.store;
      return void outgoing.end(healthBody(named));
    }
    if (this.handler === undefined) outgoing.end(`${this.store} ${incoming.url}`);
    else this.handler(incoming, outgoing);
  }
}
