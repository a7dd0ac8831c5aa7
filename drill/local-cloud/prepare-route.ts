import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type CachedBuild, ensureBuilt } from "./build-cache";
import { pullImage } from "./container-engine";
import { mustAnswer } from "./named-server";
import type { Route } from "./server-routes";
import type { StartContext } from "./start-options";

export interface Preparation {
  /** Path of a named server that answers 200 when it can be used. */
  readonly readyPath: string;
  readonly image: string;
  readonly build: CachedBuild;
}

/** Does everything for a route that need not be done again at the next start. */
export async function prepareRoute(
  route: Route,
  { readyPath, image, build }: Preparation,
  context: StartContext,
): Promise<void> {
  switch (route.kind) {
    case "endpoint":
      await mustAnswer(route.url, readyPath);
      break;
    case "container": {
      const folder = await mkdtemp(path.join(tmpdir(), "storage-failover-pull-"));
      try {
        await pullImage(route.engine, image, folder, context);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      break;
    }
    case "package":
      await ensureBuilt(build, context);
      break;
  }
}
