import { createServer as createHttpServer } from "node:http";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { errorReason } from "../machine/caught-error";
import { listen } from "../machine/loopback-server";
import type { CertificatePair, GatewayAddress, GatewayAnswer, GatewayRequest } from "./gateway-messages";
import { entryOf, type GatewayMode, type GatewayModeKind } from "./gateway-mode";
import { PassedConnection } from "./pass-through";
import { type RequestFault, requestFault } from "./request-faults";

/** The gateway's own process: see `store-gateway.ts`. */

let mode: GatewayMode = { kind: "pass" };
let fault: RequestFault = requestFault(mode);
let target: GatewayAddress | undefined;
let useCertificate: (pair: CertificatePair) => void = () => {
  throw new Error("this gateway does not speak TLS");
};
const connections: Partial<Record<GatewayModeKind, number>> = {};
const openSockets = new Set<Socket>();
const passed = new Set<PassedConnection>();

/** Never listens: it is handed connections, so that requests are parsed and answered as HTTP demands. */
const parsing = createHttpServer({ requestTimeout: 0 }, (incoming, outgoing) => {
  if (target !== undefined) fault({ incoming, outgoing, target });
});

function accept(client: Socket, address: GatewayAddress): void {
  connections[mode.kind] = (connections[mode.kind] ?? 0) + 1;
  track(client);
  if (mode.kind !== "pass") {
    meet(client);
    return;
  }
  const connection = new PassedConnection(client, address, track);
  passed.add(connection);
  client.once("close", () => passed.delete(connection));
}

/** From now on the connection's requests meet whatever fault is set. */
function meet(client: Socket): void {
  parsing.emit("connection", client);
  // It stands still when it was passed on before.
  client.resume();
}

function track(socket: Socket): void {
  openSockets.add(socket);
  socket.on("error", () => socket.destroy());
  socket.once("close", () => openSockets.delete(socket));
}

function enter(next: GatewayMode): void {
  // What hangs will never be answered, whatever comes next.
  const entry = mode.kind === "hangs" ? "tears" : entryOf(next.kind);
  mode = next;
  fault = requestFault(next);
  if (entry === "tears") tearAll();
  for (const connection of passed) {
    if (entry === "freezes") connection.freeze();
    else
      connection.release((client) => {
        passed.delete(connection);
        meet(client);
      });
  }
}

function tearAll(): void {
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
  target = address;
  listen(address.certificate === undefined ? plain(address) : secured(address), address.port).then(
    () => answer(id),
    (error: unknown) => answer(id, errorReason(error)),
  );
}

function plain(address: GatewayAddress): Server {
  return createServer({ allowHalfOpen: true, noDelay: true }, (client) => accept(client, address));
}

function secured(address: GatewayAddress): Server {
  const { key, certificate: cert } = address.certificate ?? {};
  const server = createTlsServer({ key, cert }, (client: TLSSocket) => accept(client, address));
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  useCertificate = (pair) => server.setSecureContext({ key: pair.key, cert: pair.certificate });
  return server;
}

function change(request: Exclude<GatewayRequest, { type: "listen" }>): void {
  if (request.type === "certificate") useCertificate(request.certificate);
  if (request.type === "mode" && JSON.stringify(request.mode) !== JSON.stringify(mode)) enter(request.mode);
}

process.on("message", (request: GatewayRequest) => {
  if (request.type === "listen") {
    open(request.id, request.address);
    return;
  }
  try {
    change(request);
    answer(request.id);
  } catch (error) {
    answer(request.id, errorReason(error));
  }
});

// Ctrl-C reaches the whole foreground group; the starter decides when the gateway goes.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit());
