import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { obtainServer } from "../../bench/replication/programs";
import { type Load, type MadeUpObjects, S3Server } from "../../bench/replication/s3-server";
import { STATE_PREFIX } from "../../contract/state-keys";
import { startContext } from "../../drill/local-cloud/start-options";

/** Building the server the first time. */
export const BUILD_MILLISECONDS = 300_000;

export interface BenchStores {
  readonly source: S3Server;
  readonly destination: S3Server;
  stop(): Promise<void>;
}

/** Two of the bench's servers: any number of objects, of any size, without memory of their own. */
export async function startBenchStores(): Promise<BenchStores> {
  const folder = await mkdtemp(path.join(tmpdir(), "bench-stores-"));
  const program = await obtainServer(startContext({}));
  const start = (name: string) => S3Server.start(program, [], path.join(folder, `${name}.pem`));
  const [source, destination] = await Promise.all([start("source"), start("destination")]);
  return {
    source,
    destination,
    stop: async () => {
      await Promise.all([source.end(), destination.end()]);
      await rm(folder, { recursive: true });
    },
  };
}

/** Small objects of the first generation, made long ago, unless told otherwise. */
export function madeUpObjects(given: Partial<MadeUpObjects> & { readonly count: number }): MadeUpObjects {
  return {
    parts: [1_000],
    generation: 1,
    lastModified: "2026-01-01T00:00:00.000Z",
    headers: { "content-type": "text/plain" },
    tags: {},
    ...given,
  };
}

/** @param keeps - whether what was put stays: state and copies */
export function holding(workload: MadeUpObjects, keeps = false): Load {
  return {
    workload,
    delayMilliseconds: 0,
    keepPrefix: STATE_PREFIX,
    keepsState: keeps,
    keepsObjects: keeps,
  };
}
