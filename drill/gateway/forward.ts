import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { GatewayAddress } from "./gateway-messages";

export interface Way {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly target: GatewayAddress;
}

/** Names and values in turn. */
type RawHeaders = readonly string[];

/** Sends a request on as it came and gives the store's answer. A torn connection on one side tears the other. */
export function ask(way: Way, onAnswer: (answer: IncomingMessage) => void): void {
  const { incoming, outgoing } = way;
  const onward = requestOnward(way);
  onward.on("response", (answer) => {
    answer.on("error", () => tear(outgoing));
    onAnswer(answer);
  });
  outgoing.once("close", () => onward.destroy());
  incoming.pipe(onward);
}

/** The same request to the store, still without a body. When it fails, so does the client's connection. */
export function requestOnward({ incoming, outgoing, target }: Way): ClientRequest {
  const onward = request({
    host: target.targetHost,
    port: target.targetPort,
    method: incoming.method,
    path: incoming.url,
    setHost: false,
    // As they came: a signature covers names and values.
    headers: [...incoming.rawHeaders],
    agent: false,
  });
  onward.on("error", () => tear(outgoing));
  return onward;
}

/** Passes an answer on as it is. */
export function passAnswer(outgoing: ServerResponse, answer: IncomingMessage): void {
  answer.pipe(beginAnswer(outgoing, answer, answer.rawHeaders));
}

/** Passes an answer on with its headers, and its text where it is of this type, rewritten. */
export async function rewriteAnswer(
  outgoing: ServerResponse,
  answer: IncomingMessage,
  headers: RawHeaders,
  text?: { readonly type: RegExp; rewrite(text: string): string },
): Promise<void> {
  if (text === undefined || !text.type.test(answer.headers["content-type"] ?? "")) {
    answer.pipe(beginAnswer(outgoing, answer, headers));
    return;
  }
  // Latin-1 gives every byte back as it was.
  const body = Buffer.from(text.rewrite((await buffer(answer)).toString("latin1")), "latin1");
  beginAnswer(outgoing, answer, [
    ...without(headers, new Set(["content-length", "transfer-encoding"])),
    ...["Content-Length", String(body.length)],
  ]).end(body);
}

/** Closes the connection as a server that dies does. */
export function tear(outgoing: ServerResponse): void {
  outgoing.socket?.destroy();
}

const HOP_BY_HOP: ReadonlySet<string> = new Set(["connection", "keep-alive"]);

/** An exchange is the connection's only one, so that a change of mode finds none that is kept open. */
export function beginAnswer(
  outgoing: ServerResponse,
  answer: IncomingMessage,
  headers: RawHeaders,
): ServerResponse {
  outgoing.sendDate = false;
  return outgoing.writeHead(answer.statusCode ?? 502, answer.statusMessage, [
    ...without(headers, HOP_BY_HOP),
    ...["Connection", "close"],
  ]);
}

function without(headers: RawHeaders, names: ReadonlySet<string>): string[] {
  return headers.filter((_text, index) => {
    const name = headers[index - (index % 2)] ?? "";
    return !names.has(name.toLowerCase());
  });
}
