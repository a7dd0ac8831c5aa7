import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";
import { HEALTH_KEY } from "../../contract/state-keys";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { EventLog } from "../../drill/evidence/event-log";
import { errorLine } from "../../drill/machine/caught-error";
import { type CloudflareInFront, startCloudflareInFront } from "../../drill/scenario/cloudflare-in-front";
import { makeProject } from "../../drill/scenario/operator-program";
import { projectFiles } from "../../drill/scenario/operator-surroundings";
import { smallObjects } from "../../drill/scenario/small-objects";
import { synthesizeBoth } from "../../drill/stage/both-plans";
import { Cleanup } from "../../drill/stage/cleanup";
import { loadPrimary, seedStandby } from "../../drill/stage/seed";
import { setStage } from "../../drill/stage/set-stage";
import type { Stage } from "../../drill/stage/stage";
import { temporaryFolder } from "../../drill/stage/test-bed";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { staticCredentials } from "../../lambda/s3/static-credentials";
import { StoreError } from "../../lambda/s3/store-error";

/** Seconds of the deployment that pass in one second of a test. */
export const SPEED = 30;

const PROGRAM = join(__dirname, "..", "..", "cli", "main.ts");
const LOADER = pathToFileURL(require.resolve("tsx")).href;

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly error: string;
}

export interface Started {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly end: Promise<Ended>;
}

/** The local cloud as a deployment that is in use: an operator knows its names and ids, and has the command line. */
export class LocalDeployment {
  private readonly running = new Set<Started["process"]>();

  private constructor(
    public readonly stage: Stage,
    public readonly cloudflare: CloudflareInFront,
    public readonly project: string,
    /** A key that both stores hold. */
    public readonly key: string,
    private readonly cleanup: Cleanup,
  ) {}

  public static async start(): Promise<LocalDeployment> {
    const cleanup = new Cleanup();
    try {
      const { signal } = new AbortController();
      const folder = await temporaryFolder("staging", cleanup);
      const both = await synthesizeBoth(folder, signal);
      const stage = await setStage(
        {
          stores: "embedded",
          speed: SPEED,
          seed: 1,
          signal,
          both,
          folder,
          log: new EventLog(join(folder, "events.jsonl")),
          readers: { readers: 1, periodMilliseconds: 1000 },
          writesPerSecond: 1,
          minimumTimeoutMilliseconds: 3000,
          onProgress: () => undefined,
        },
        cleanup,
      );
      const cloudflare = await startCloudflareInFront(stage, true, cleanup);
      const [object] = smallObjects({ seed: 1, count: 1, stores: "embedded" });
      if (object === undefined) throw new Error("nothing was generated");
      await loadPrimary(stage, [object], () => undefined);
      await seedStandby(stage);
      stage.replicator.start();
      const project = await makeProject(join(folder, "project"), projectFiles(stage));
      return new LocalDeployment(stage, cloudflare, project, object.key, cleanup);
    } catch (error) {
      await cleanup.run();
      throw error;
    }
  }

  public async stop(): Promise<void> {
    for (const child of this.running) child.kill("SIGKILL");
    await this.cleanup.run();
  }

  public get hostname(): string {
    return this.stage.plans.primary.edge.hostname;
  }

  /** Runs the command line as the operator does. */
  public run(...command: readonly string[]): Started {
    const child = spawn(process.execPath, ["--import", LOADER, PROGRAM, ...command], {
      cwd: this.project,
      env: { PATH: process.env.PATH, HOME: "/nonexistent", NO_COLOR: "1", ...this.environment() },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.running.add(child);
    return { process: child, end: this.ended(child) };
  }

  /** Writes `staging.yaml`, in which times are short; what is given takes the place of what stands there. */
  public async configure(changes: object): Promise<void> {
    const config = {
      allowedHostnames: [this.hostname],
      reads: { keys: [this.key], perSecond: 1 },
      steadySeconds: 15,
      faults: [{ store: "primary", kind: "pool-disabled", holdSeconds: 30 }],
      blackout: { timeZone: "UTC", windows: [] },
      ...changes,
    };
    await mkdir(this.project, { recursive: true });
    await writeFile(join(this.project, "staging.yaml"), JSON.stringify(config));
  }

  /** The health object, whole: body, headers and tags. Undefined where there is none. */
  public async healthObject(store: StoreName): Promise<object | undefined> {
    const client = this.client(store);
    try {
      const { headers, body, buffered } = await client.get(HEALTH_KEY);
      const read = buffered ?? (await text(body));
      return { body: read.toString(), headers, tags: await client.tags(HEALTH_KEY) };
    } catch (error) {
      if (error instanceof StoreError && error.kind === "not-found") return undefined;
      throw error;
    } finally {
      client.close();
    }
  }

  /** Whether the edge sends readers to the store's pool. */
  public async isPoolOn(store: StoreName): Promise<boolean | undefined> {
    const name = this.stage.plans.primary.edge.defaultPools.find(({ origin }) => origin.name === store)?.name;
    return (await this.stage.edge.pools()).find((pool) => pool.name === name)?.enabled;
  }

  public journal(): Promise<string | undefined> {
    return readFile(join(this.project, ".storage-failover", "staging-drill.json"), "utf8").catch(
      () => undefined,
    );
  }

  private client(store: StoreName): ObjectClient {
    const { host, port, bucketName, region, accessKeyId, secretAccessKey } = this.stage.stores.access[store];
    return openObjectClient("thin", {
      endpoint: `http://${host}:${port}`,
      bucket: bucketName,
      region,
      addressStyle: "path",
      credentials: staticCredentials({ accessKeyId, secretAccessKey }),
    });
  }

  private environment(): Record<string, string> {
    const { stores, functionVariables, edge } = this.stage;
    return Object.assign(
      {
        ...functionVariables,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
        CLOUDFLARE_API_TOKEN: this.cloudflare.token,
        CLOUDFLARE_BASE_URL: this.cloudflare.baseUrl,
        READERS_ORIGIN: edge.url,
      },
      ...STORE_NAMES.map((name) => {
        const { accessKeyId, secretAccessKey, host, port } = stores.access[name];
        const prefix = name.toUpperCase();
        return {
          [`${prefix}_ACCESS_KEY_ID`]: accessKeyId,
          [`${prefix}_SECRET_ACCESS_KEY`]: secretAccessKey,
          [`${prefix}_ORIGIN`]: `http://${host}:${port}`,
        };
      }),
    ) as Record<string, string>;
  }

  private async ended(child: Started["process"]): Promise<Ended> {
    const exit = new Promise<Pick<Ended, "code" | "signal">>((resolve, reject) => {
      child.once("error", (error) => reject(new Error(errorLine(error))));
      child.once("exit", (code, signal) => resolve({ code, signal }));
    });
    const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
    this.running.delete(child);
    return { ...(await exit), out, error };
  }
}
