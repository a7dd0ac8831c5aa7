import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import type { StoreName } from "../../contract/stores";
import type { EdgePlan } from "../edge/edge-plan";
import { type RunningEdge, startEdge } from "../edge/start-edge";
import type { DrillEvent } from "../evidence/events";
import { type StoreGateway, startGateway } from "../gateway/store-gateway";
import type { RunningStore } from "../local-cloud/running-store";
import type { SecretStore } from "../local-cloud/secret-store";
import { startSecrets } from "../local-cloud/start-secrets";
import { startStore } from "../local-cloud/start-store";
import { monotonicMilliseconds } from "../machine/clock";
import { putObject } from "../workload/put-object";
import { connectStore, type StoreAccess } from "../workload/store-access";
import type { Cleanup } from "./cleanup";
import type { EdgePaths } from "./edge-paths";
import type { Plans } from "./plans";
import type { StoreKind } from "./store-kind";
import type { Timing } from "./timing";

/** The two stores, each behind its gateway. */
export interface LocalStores {
  readonly running: Readonly<Record<StoreName, RunningStore>>;
  readonly gateways: Readonly<Record<StoreName, StoreGateway>>;
  /** What everybody in the story knows of a store: its gateway. */
  readonly access: Readonly<Record<StoreName, StoreAccess>>;
  readonly secrets: SecretStore;
}

/** A folder of the run's own, gone when it ends. */
export async function temporaryFolder(name: string, cleanup: Cleanup): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `storage-failover-${name}-`));
  cleanup.add(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export interface StoreSurroundings {
  readonly kind: StoreKind;
  readonly plans: Plans;
  /** The run's own folder. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** Their data lie on a disk that can be filled. @default - none */
  readonly smallDisks?: readonly StoreName[];
  readonly onProgress: (text: string) => void;
}

/** Ample for what a story writes, and filled in no time. */
const SMALL_DISK_MEBIBYTES = 64;

/** Starts both stores as the plan names them, with their health objects, each behind a gateway. */
export async function startStores(
  { kind, plans, folder, signal, smallDisks = [], onProgress }: StoreSurroundings,
  cleanup: Cleanup,
): Promise<LocalStores> {
  const products = kind === "real" ? REAL : EMBEDDED;
  const start = async (storeName: StoreName) => {
    const diskMebibytes = smallDisks.includes(storeName) ? SMALL_DISK_MEBIBYTES : undefined;
    const settings = {
      storeName,
      ...placeOf(storeName, plans),
      folder: join(folder, storeName),
      diskMebibytes,
    };
    await mkdir(settings.folder, { recursive: true });
    const store = await startStore(products[storeName], settings, { onProgress, signal });
    cleanup.add(() => store.stop());
    await putHealthObject(store);
    const gateway = await startGateway({ targetPort: store.port, targetHost: store.host });
    cleanup.add(() => gateway.stop());
    return { store, gateway, access: { ...identityOf(store), host: gateway.host, port: gateway.port } };
  };
  const primary = await start("primary");
  const secondary = await start("secondary");
  const secrets = await startSecrets(primary.store);
  cleanup.add(() => secrets.stop());
  return {
    running: { primary: primary.store, secondary: secondary.store },
    gateways: { primary: primary.gateway, secondary: secondary.gateway },
    access: { primary: primary.access, secondary: secondary.access },
    secrets,
  };
}

export interface EdgeSurroundings {
  readonly plan: EdgePlan;
  readonly timing: Timing;
  readonly seed: number;
  /** `monotonicMilliseconds()` when the run began. */
  readonly origin: number;
  readonly emit: (event: DrillEvent) => void;
  readonly paths: EdgePaths;
  /** See `EdgeSettings`. */
  readonly minimumTimeoutMilliseconds?: number;
}

/** Starts the edge engine in front of the gateways. */
export async function startEdgeInFront(
  surroundings: EdgeSurroundings,
  cleanup: Cleanup,
): Promise<RunningEdge> {
  const { paths, timing, emit, ...settings } = surroundings;
  const { ports, tls } = paths;
  const edge = await startEdge({
    ...settings,
    ports,
    tls,
    speed: timing.speed,
    onEvent: emit,
    onDelay: emit,
  });
  cleanup.add(() => edge.stop());
  return edge;
}

/** Milliseconds since `origin`, by the clock that all processes of the run share. */
export function clockFrom(origin: number): () => number {
  return () => monotonicMilliseconds() - origin;
}

const EMBEDDED = { primary: "embedded", secondary: "embedded" } as const;

const REAL = { primary: "localstack", secondary: "minio" } as const;

/** Bucket, region and origin host, as the replicator's plan and the edge plan say. */
function placeOf(storeName: StoreName, { edge, replicator }: Plans) {
  const pool = edge.defaultPools.find((one) => one.origin.name === storeName);
  const prefix = storeName.toUpperCase();
  const bucketName = replicator.environment[`${prefix}_BUCKET`];
  const region = replicator.environment[`${prefix}_REGION`];
  if (pool === undefined || bucketName === undefined || region === undefined) {
    throw new Error(`the plans do not say where the ${storeName} store is`);
  }
  return { bucketName, region, originHost: pool.origin.hostHeader ?? pool.origin.address };
}

function identityOf({ storeName, bucketName, region, accessKeyId, secretAccessKey }: RunningStore) {
  return { storeName, bucketName, region, accessKeyId, secretAccessKey };
}

/** What the primary and secondary stacks put there when they are deployed. */
async function putHealthObject(store: RunningStore): Promise<void> {
  const client = connectStore(store);
  try {
    const body = Buffer.from(healthBody(store.storeName));
    await putObject(client, {
      bucket: store.bucketName,
      key: HEALTH_KEY,
      body,
      size: body.length,
      headers: { contentType: "text/plain", cacheControl: "no-store", metadata: {} },
      tags: {},
    });
  } finally {
    client.destroy();
  }
}
