import { createServer, type Server } from "node:http";
import { formatMarker, type Marker } from "../../contract/marker";
import { close, listen } from "../../drill/machine/loopback-server";

/** Two resolvers on loopback that answer every question with the same marker, without any cache. */
export async function startMarkerResolvers(
  marker: () => Marker,
): Promise<{ urls: string[]; stop(): Promise<void> }> {
  const servers = [createResolver(marker), createResolver(marker)];
  const ports = await Promise.all(servers.map((server) => listen(server)));
  return {
    urls: ports.map((port) => `http://127.0.0.1:${port}/dns-query`),
    stop: async () => {
      await Promise.all(servers.map((server) => close(server)));
    },
  };
}

function createResolver(marker: () => Marker): Server {
  return createServer((_request, response) => {
    const data = `"${formatMarker(marker())}"`;
    response.setHeader("connection", "close");
    response.end(JSON.stringify({ Status: 0, Answer: [{ type: 16, TTL: 60, data }] }));
  });
}
