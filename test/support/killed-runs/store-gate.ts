import {
  Agent,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";
import type { StoreName } from "../../../contract/stores";
import { close, listen } from "../../../drill/machine/loopback-server";
import { type SeenRequest, seenRequest } from "./seen-request";

/** When, in the life of one request, its sender is killed: the store never sees it, or half of it, or answers and is not heard. */
export type Stage = "before" | "during" | "after";

/** What the gate asks and tells. */
export interface GateKeeper {
  /** Asked about each request before it goes on; it waits for the answer. */
  onRequest(seen: SeenRequest): Promise<"pass" | Stage>;
  /** Told what the store answered, whether or not anybody is left to hear it. */
  onAnswer(seen: SeenRequest, status: number, versionId: string | undefined, body: string): void;
  /** Kills the sender of all requests; resolves when it is dead. */
  kill(): Promise<void>;
}

/** Answers whose body says something that no header does. */
const READ_ANSWERS: ReadonlySet<SeenRequest["operation"]> = new Set(["begin upload", "complete upload"]);

/**
 * A way to a store that sees each request, and at which the sender can be killed at an exact point of one. Host and
 * signature pass through untouched.
 */
export class StoreGate {
  private readonly agent = new Agent({ keepAlive: true });
  private readonly server = createServer((incoming, outgoing) => {
    const done = this.pass(incoming, outgoing).finally(() => this.inFlight.delete(done));
    this.inFlight.add(done);
  });
  private readonly inFlight = new Set<Promise<void>>();

  private constructor(
    private readonly store: StoreName,
    private readonly targetPort: number,
    private readonly keeper: GateKeeper,
  ) {}

  public static async open(
    store: StoreName,
    targetPort: number,
    keeper: GateKeeper,
  ): Promise<{ readonly gate: StoreGate; readonly port: number }> {
    const gate = new StoreGate(store, targetPort, keeper);
    return { gate, port: await listen(gate.server) };
  }

  /** Resolves when the store has answered whatever reached it. */
  public async quiet(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.all(this.inFlight);
  }

  public async close(): Promise<void> {
    await close(this.server);
    this.agent.destroy();
  }

  private async pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const { method = "GET", url: path = "/", headers } = incoming;
    const seen = seenRequest(this.store, method, path, headers);
    const length = Number(headers["content-length"] ?? 0);
    const stage = await this.keeper.onRequest(seen);
    // Dead by now, and with it what had not been read.
    if (incoming.destroyed) return;
    const isCut = stage === "before" || (stage === "during" && length === 0);
    if (isCut) {
      await this.keeper.kill();
      outgoing.destroy();
      return;
    }
    const onward = request({
      host: "127.0.0.1",
      port: this.targetPort,
      method,
      path,
      headers,
      agent: this.agent,
    });
    const answered = answerTo(onward);
    if (stage === "during") this.cutAfter(Math.floor(length / 2), incoming, onward);
    else incoming.pipe(onward);
    // A sender that died leaves half a request: the store must not wait for the rest.
    incoming.once("close", () => {
      if (!incoming.readableEnded) onward.destroy();
    });
    const answer = await answered;
    if (answer === undefined) outgoing.destroy();
    else await this.hand(answer, seen, stage, outgoing);
  }

  /** Lets so many bytes of the body through, kills the sender, and breaks off. */
  private cutAfter(bytes: number, incoming: IncomingMessage, onward: ClientRequest): void {
    let left = bytes;
    let isCut = false;
    incoming.on("data", (piece: Buffer) => {
      if (isCut) return;
      onward.write(piece.subarray(0, left));
      left -= Math.min(left, piece.length);
      if (left > 0) return;
      isCut = true;
      void this.keeper.kill().then(() => onward.destroy());
    });
  }

  private async hand(
    answer: IncomingMessage,
    seen: SeenRequest,
    stage: "pass" | Stage,
    outgoing: ServerResponse,
  ): Promise<void> {
    const { statusCode = 502, headers } = answer;
    const isRead = READ_ANSWERS.has(seen.operation);
    const body = isRead || stage === "after" ? await buffer(answer) : undefined;
    this.keeper.onAnswer(seen, statusCode, String(headers["x-amz-version-id"] ?? ""), body?.toString() ?? "");
    if (stage === "after") {
      await this.keeper.kill();
      outgoing.destroy();
      return;
    }
    if (outgoing.destroyed) {
      answer.resume();
      return;
    }
    outgoing.writeHead(statusCode, headers);
    const ended = new Promise<void>((resolve) => {
      outgoing.once("close", resolve);
    });
    if (body) outgoing.end(body);
    else answer.pipe(outgoing);
    answer.once("error", () => outgoing.destroy());
    await ended;
    answer.resume();
  }
}

/** Undefined when there is none. */
function answerTo(onward: ClientRequest): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    onward.once("response", resolve);
    onward.once("error", () => resolve(undefined));
    onward.once("close", () => resolve(undefined));
  });
}
