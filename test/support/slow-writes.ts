import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { close, listen } from "../../drill/machine/loopback-server";

export interface SlowWrites {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * A way to a store on which some writes take time, however fast the machine is. Host and signature pass through untouched.
 *
 * @param isSlow - asked for the path of each PUT
 */
export async function startSlowWrites(
  targetPort: number,
  milliseconds: number,
  isSlow: (path: string) => boolean,
): Promise<SlowWrites> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer((incoming, outgoing) => {
    const slow = incoming.method === "PUT" && isSlow(incoming.url ?? "");
    void delay(slow ? milliseconds : 0).then(() => forward(incoming, outgoing, targetPort, agent));
  });
  return {
    port: await listen(server),
    stop: async () => {
      server.closeAllConnections();
      await close(server);
      agent.destroy();
    },
  };
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, port: number, agent: Agent): void {
  const { method, url: path, headers } = incoming;
  const onward = request({ host: "127.0.0.1", port, method, path, headers, agent }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on("error", () => outgoing.destroy());
  incoming.pipe(onward);
}
