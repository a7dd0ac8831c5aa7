import { connect, type Socket } from "node:net";
import { ExchangeFollower } from "./exchange-follower";
import type { GatewayAddress } from "./gateway-messages";

/** A client's connection and the store's, joined byte for byte. */
export class PassedConnection {
  private readonly follower = new ExchangeFollower();
  private readonly store: Socket;
  private leaving = false;

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
    client.on("data", (bytes: Buffer) => this.follower.sent(bytes));
    this.store.on("data", (bytes: Buffer) => {
      this.follower.answered(bytes);
      this.leaveBetweenExchanges();
    });
    client.pipe(this.store);
    this.store.pipe(client);
    tearTogether(client, this.store);
    tearTogether(this.store, client);
  }

  /** Ends the connection as soon as no exchange is under way. */
  public leave(): void {
    this.leaving = true;
    this.leaveBetweenExchanges();
  }

  /** Nothing travels any more, in either direction, and nobody is told. */
  public freeze(): void {
    this.client.unpipe(this.store).pause();
    this.store.unpipe(this.client).pause();
  }

  private leaveBetweenExchanges(): void {
    if (!this.leaving || this.follower.underWay) return;
    // After the bytes that the pipe has just been handed.
    setImmediate(() => {
      if (this.follower.underWay) return;
      this.client.end();
      this.store.end();
    });
  }
}

/** A torn connection is passed on as torn. A clean end travels through the pipe, behind the bytes before it. */
function tearTogether(one: Socket, other: Socket): void {
  one.once("close", () => {
    if (one.errored !== null || !one.readableEnded) {
      other.resetAndDestroy();
    }
  });
}
