import { connect, type Socket } from "node:net";
import { ExchangeFollower } from "./exchange-follower";
import type { GatewayAddress } from "./gateway-messages";

/** A client's connection and the store's, joined byte for byte. */
export class PassedConnection {
  private readonly follower = new ExchangeFollower();
  private readonly store: Socket;
  private onFree: ((client: Socket) => void) | undefined;

  constructor(
    private readonly client: Socket,
    target: GatewayAddress,
    track: (socket: Socket) => void,
  ) {
    this.store = connect({
      host: target.targetHost,
      port: target.targetPort,
      allowHalfOpen: true,
      noDelay: true,
    });
    track(this.store);
    client.on("data", this.followSent);
    this.store.on("data", this.followAnswered);
    client.pipe(this.store);
    this.store.pipe(client);
    client.once("close", this.tearStore);
    this.store.once("close", this.tearClient);
  }

  /**
   * Parts the two as soon as no exchange is under way, and hands over the client's connection: closing it then would
   * meet clients that are just sending their next request.
   */
  public release(onFree: (client: Socket) => void): void {
    this.onFree = onFree;
    this.releaseBetweenExchanges();
  }

  /** Nothing travels any more, in either direction, and nobody is told. */
  public freeze(): void {
    this.client.unpipe(this.store).pause();
    this.store.unpipe(this.client).pause();
  }

  private readonly followSent = (bytes: Buffer) => this.follower.sent(bytes);

  private readonly followAnswered = (bytes: Buffer) => {
    this.follower.answered(bytes);
    // After the bytes have been handed on.
    if (!this.follower.underWay) setImmediate(() => this.releaseBetweenExchanges());
  };

  /** A torn connection is passed on as torn. A clean end travels through the pipe, behind the bytes before it. */
  private readonly tearStore = () => {
    if (isTorn(this.client)) this.store.resetAndDestroy();
  };

  private readonly tearClient = () => {
    if (isTorn(this.store)) this.client.resetAndDestroy();
  };

  private releaseBetweenExchanges(): void {
    const { client, store, onFree } = this;
    if (onFree === undefined || this.follower.underWay || client.readableEnded || store.readableEnded) return;
    this.onFree = undefined;
    client.off("data", this.followSent).off("close", this.tearStore).unpipe(store);
    store.off("close", this.tearClient).unpipe(client).destroy();
    onFree(client);
  }
}

function isTorn(socket: Socket): boolean {
  return socket.errored !== null || !socket.readableEnded;
}
