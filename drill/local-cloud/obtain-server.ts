import { errorReason } from "../machine/caught-error";
import { probeEngines } from "./container-engine";
import { type EndpointVariables, namedEndpoint } from "./named-endpoint";
import { type ClosedRoute, planRoutes, type Route, type RouteFacts, routeName } from "./server-routes";
import { ServerUnavailableError } from "./server-unavailable-error";
import type { StartContext } from "./start-options";

/** What must be known of a server to find a way to it. */
export interface ObtainableServer {
  readonly name: string;
  readonly endpointVariables: EndpointVariables;
  /** Looks at caches and tools; builds nothing. */
  packageRoute(): Promise<RouteFacts["packageRoute"]>;
  /** What a person can install or set, each a sentence. */
  readonly remedies: readonly string[];
}

/**
 * Starts the server the first way that works.
 *
 * @throws ServerUnavailableError when none does; the signal's reason when it is aborted
 */
export async function obtainServer<Started>(
  server: ObtainableServer,
  context: StartContext,
  start: (route: Route) => Promise<Started>,
): Promise<Started> {
  const { open, closed } = planRoutes(await gatherFacts(server, context));
  const failed: ClosedRoute[] = [];
  for (const route of open) {
    try {
      return await start(route);
    } catch (error) {
      context.signal.throwIfAborted();
      const reason = errorReason(error);
      failed.push({ route: routeName(route), reason });
      context.onProgress(`${server.name} by ${routeName(route)} did not work: ${reason.split("\n")[0]}`);
    }
  }
  throw new ServerUnavailableError(server.name, [...closed, ...failed], server.remedies);
}

async function gatherFacts(server: ObtainableServer, context: StartContext): Promise<RouteFacts> {
  const endpoint = namedEndpoint(server.endpointVariables, context.environment);
  if (endpoint !== undefined) {
    const notLooked = { refused: "not looked at" };
    return { endpoint, engines: { docker: notLooked, podman: notLooked }, packageRoute: notLooked };
  }
  return { engines: await probeEngines(context), packageRoute: await server.packageRoute() };
}
