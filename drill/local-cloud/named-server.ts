import { startGateway } from "../gateway/store-gateway";
import { errorReason } from "../machine/caught-error";
import type { LocalServer } from "./local-server";

/**
 * A server that the user named. It is not ours to kill: a gateway in front of it is killed instead, so that
 * its port refuses while the server keeps running and keeps its data.
 *
 * @param versionIn finds the server's version in what `readyPath` answers
 * @throws Error when nothing answers there
 */
export async function useNamedServer(
  url: string,
  readyPath: string,
  versionIn: (answer: string) => string | undefined,
): Promise<LocalServer> {
  const { hostname, port } = new URL(url);
  const version = versionIn(await mustAnswer(url, readyPath)) ?? `as served at ${url}`;
  const gateway = await startGateway({ targetHost: hostname, targetPort: port === "" ? 80 : Number(port) });
  return {
    port: gateway.port,
    version,
    kill: () => gateway.kill(),
    restart: () => gateway.restart(),
    stop: () => gateway.stop(),
  };
}

/** @throws Error when the path is not answered with 200 */
export async function mustAnswer(url: string, readyPath: string): Promise<string> {
  const address = new URL(readyPath, url).href;
  let outcome: string;
  try {
    const response = await fetch(address, { signal: AbortSignal.timeout(5000) });
    const answer = await response.text();
    if (response.ok) {
      return answer;
    }
    outcome = `status ${response.status}`;
  } catch (error) {
    outcome = errorReason(error);
  }
  throw new Error(`GET ${address}: ${outcome}; expected 200`);
}
