import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the ranges from which systems take the local ports of outgoing connections (Linux 32768, macOS and
 * Windows 49152). A port inside such a range may be taken by any connection while its server is down, and
 * a connection to it may even reach itself.
 */
const LOWEST = 15_000;
const HIGHEST = 32_000;
const ATTEMPTS = 50;

/**
 * A port of 127.0.0.1 on which nobody listens now, for servers that must come back on the same port.
 *
 * @throws Error when 50 ports in a row are taken
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) {
      return port;
    }
  }
  throw new Error(`no free port found on 127.0.0.1 between ${LOWEST} and ${HIGHEST} in ${ATTEMPTS} attempts`);
}

/** Whether a server could listen on the port of 127.0.0.1 now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
