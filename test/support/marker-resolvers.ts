import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { formatMarker, type Marker } from "../../contract/marker";

/** Two resolvers on loopback that answer every question with the same marker, without any cache. */
export async function startMarkerResolvers(
  marker: () => Marker,
): Promise<{ urls: string[]; stop(): Promise<void> }> {
  const servers = await Promise.all([listen(marker), listen(marker)]);
  return {
    urls: servers.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/dns-query`),
    stop: async () => {
      await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

function listen(marker: () => Marker): Promise<Server> {
  const server = createServer((_request, response) => {
    const data = `"${formatMarker(marker())}"`;
    response.setHeader("connection", "close");
    response.end(JSON.stringify({ Status: 0, Answer: [{ type: 16, TTL: 60, data }] }));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}
