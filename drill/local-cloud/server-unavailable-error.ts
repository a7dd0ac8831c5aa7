import type { ClosedRoute } from "./server-routes";

/** No way to a server was open. Says each way, why it failed, and what to install or set. */
export class ServerUnavailableError extends Error {
  public override readonly name = "ServerUnavailableError";
  public readonly server: string;
  public readonly routes: readonly ClosedRoute[];
  public readonly remedies: readonly string[];

  constructor(server: string, routes: readonly ClosedRoute[], remedies: readonly string[]) {
    const tried = routes.map(({ route, reason }) => `  ${route}: ${reason.replaceAll("\n", "\n    ")}`);
    const fixes = remedies.map((remedy) => `  ${remedy}`);
    super(
      [`${server} cannot be had on this machine`, ...tried, "one of these will do:", ...fixes].join("\n"),
    );
    this.server = server;
    this.routes = routes;
    this.remedies = remedies;
  }
}
