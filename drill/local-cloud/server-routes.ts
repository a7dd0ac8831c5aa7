/** How a real server can be had on this machine. Which way is taken is decided here, from facts only. */

export const CONTAINER_ENGINES = ["docker", "podman"] as const;

export type ContainerEngine = (typeof CONTAINER_ENGINES)[number];

export interface StoreKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** What is known before anything is tried. `refused` says in a few words why something cannot be used. */
export interface RouteFacts {
  /** A server that the user names. Absent: none is named. */
  readonly endpoint?: { readonly url: string; readonly keys: StoreKeys } | { readonly refused: string };
  readonly engines: Readonly<Record<ContainerEngine, { readonly runs: true } | { readonly refused: string }>>;
  /** Built before, or can be built with the tools at hand. */
  readonly packageRoute: { readonly ready: "built" | "buildable" } | { readonly refused: string };
}

export type Route =
  | { readonly kind: "endpoint"; readonly url: string; readonly keys: StoreKeys }
  | { readonly kind: "container"; readonly engine: ContainerEngine }
  | { readonly kind: "package" };

/** A way that is closed, and why. */
export interface ClosedRoute {
  readonly route: string;
  readonly reason: string;
}

export interface RoutePlan {
  /** To be tried in this order until one works. */
  readonly open: readonly Route[];
  readonly closed: readonly ClosedRoute[];
}

/**
 * A server that the user names, else a container, else the package. A named server is the only way then:
 * whoever names one wants that one, and an error rather than another.
 */
export function planRoutes(facts: RouteFacts): RoutePlan {
  const { endpoint } = facts;
  if (endpoint !== undefined) {
    return "refused" in endpoint
      ? { open: [], closed: [{ route: "server named by the environment", reason: endpoint.refused }] }
      : { open: [{ kind: "endpoint", url: endpoint.url, keys: endpoint.keys }], closed: [] };
  }
  const open: Route[] = [];
  const closed: ClosedRoute[] = [{ route: "server named by the environment", reason: "none is named" }];
  for (const engine of CONTAINER_ENGINES) {
    const state = facts.engines[engine];
    if ("runs" in state) {
      open.push({ kind: "container", engine });
    } else {
      closed.push({ route: `container (${engine})`, reason: state.refused });
    }
  }
  if ("ready" in facts.packageRoute) {
    open.push({ kind: "package" });
  } else {
    closed.push({ route: "package", reason: facts.packageRoute.refused });
  }
  return { open, closed };
}

export function routeName(route: Route): string {
  return route.kind === "container"
    ? `container (${route.engine})`
    : route.kind === "endpoint"
      ? "server named by the environment"
      : "package";
}
