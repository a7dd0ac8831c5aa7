import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type Socket } from "node:net";
import { errorReason } from "../machine/caught-error";
import { listen } from "../machine/loopback-server";
import type { GatewayAddress, GatewayAnswer, GatewayMode, GatewayRequest } from "./gateway-messages";

/** The gateway's own process: see `store-gateway.ts`. */

const REFUSAL = `<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>ServiceUnavailable</Code><Message>the drill's gateway answers 503 to everything</Message></Error>`;

let mode: GatewayMode = "pass";
const connections: Record<GatewayMode, number> = { pass: 0, "answers-503": 0 };
const openSockets = new Set<Socket>();

/** Never listens: it is handed connections, so that requests are parsed and answered as HTTP demands. */
const refusing = createHttpServer((request, response) => {
  // The request is read to its end first: closing a connection with unread bytes resets it, answer and all.
  request.resume();
  request.once("end", () => {
    response.writeHead(503, {
      connection: "close",
      "content-type": "application/xml",
      "content-length": Buffer.byteLength(REFUSAL),
    });
    response.end(request.method === "HEAD" ? undefined : REFUSAL);
  });
});

function accept(client: Socket, target: GatewayAddress): void {
  connections[mode] += 1;
  track(client);
  if (mode === "answers-503") {
    refusing.emit("connection", client);
  } else {
    passThrough(client, target);
  }
}

function passThrough(client: Socket, target: GatewayAddress): void {
  const store = connect({
    host: target.targetHost,
    port: target.targetPort,
    allowHalfOpen: true,
    noDelay: true,
  });
  track(store);
  client.pipe(store);
  store.pipe(client);
  tearTogether(client, store);
  tearTogether(store, client);
}

/** A torn connection is passed on as torn. A clean end travels through the pipe, behind the bytes before it. */
function tearTogether(one: Socket, other: Socket): void {
  one.once("close", () => {
    if (one.errored !== null || !one.readableEnded) {
      other.resetAndDestroy();
    }
  });
}

function track(socket: Socket): void {
  openSockets.add(socket);
  socket.on("error", () => socket.destroy());
  socket.once("close", () => openSockets.delete(socket));
}

function enter(next: GatewayMode): void {
  mode = next;
  for (const socket of openSockets) {
    // As a dying process would: what is still unsent is lost. `resetAndDestroy` would send it first.
    socket.destroy();
  }
}

function answer(id: number, error?: string): void {
  const message: GatewayAnswer = { id, connections, error };
  process.send?.(message);
}

function open(id: number, address: GatewayAddress): void {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => accept(client, address));
  listen(server, address.port).then(
    () => answer(id),
    (error: unknown) => answer(id, errorReason(error)),
  );
}

process.on("message", (request: GatewayRequest) => {
  switch (request.type) {
    case "listen":
      open(request.id, request.address);
      break;
    case "mode":
      if (request.mode !== mode) {
        enter(request.mode);
      }
      answer(request.id);
      break;
    case "connections":
      answer(request.id);
      break;
  }
});

// Ctrl-C reaches the whole foreground group; the starter decides when the gateway goes.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());
