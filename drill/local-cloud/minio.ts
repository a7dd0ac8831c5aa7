import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { ensureBuilt } from "./build-cache";
import { containerCommands, pullImage } from "./container-engine";
import { MINIO_PACKAGE_VERSION, minioBuild, minioPackageRoute } from "./minio-package";
import { useNamedServer } from "./named-server";
import { type ObtainableServer, obtainServer } from "./obtain-server";
import { mustReadByHost, originDomain } from "./origin-host";
import { prepareRoute } from "./prepare-route";
import type { LocalStoreSettings, RunningStore } from "./running-store";
import { type ServerProgram, startServerProcess } from "./server-process";
import type { Route, StoreKeys } from "./server-routes";
import { storeOnServer } from "./server-store";
import { openSmallDisk, type SmallDisk } from "./small-disk";
import { type StartContext, type StartOptions, startContext } from "./start-options";

/** Environment variables that name a MinIO which runs already, started with `MINIO_DOMAIN` for the origin host. */
export const MINIO_VARIABLES = {
  url: "STORAGE_FAILOVER_MINIO_URL",
  accessKey: "STORAGE_FAILOVER_MINIO_ACCESS_KEY",
  secretKey: "STORAGE_FAILOVER_MINIO_SECRET_KEY",
} as const;

/** The last image that was published; `docker.io/minio/*` has been deleted. */
export const MINIO_IMAGE = "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z";

const READY_PATH = "/minio/health/ready";

/**
 * Starts MinIO with a versioned bucket that is read at `originHost` without credentials, in this order: the
 * server that `STORAGE_FAILOVER_MINIO_URL` names, a container where docker or podman runs, a binary built
 * once with the Go toolchain. Key pairs are random for each run, except for a named server.
 *
 * A named server is never killed: `kill` breaks the way to it. Its bucket must not exist, and `stop` removes it.
 *
 * @throws ServerUnavailableError when there is no way to a MinIO
 * @throws NoSmallDiskError when a small disk is asked for and cannot be had
 * @throws Error when `originHost` does not begin with the bucket's name
 */
export async function startMinio(
  settings: LocalStoreSettings,
  options: StartOptions = {},
): Promise<RunningStore> {
  const context = startContext(options);
  const server = obtainableMinio(context, originDomain(settings));
  try {
    if (settings.diskMebibytes !== undefined) {
      return await onSmallDisk({ ...settings, diskMebibytes: settings.diskMebibytes }, context);
    }
    return await obtainServer(server, context, (route) => startBy(route, settings, context));
  } catch (error) {
    await rm(settings.folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Does what takes minutes the first time, so that `startMinio` takes seconds afterwards.
 *
 * @throws ServerUnavailableError when there is no way to a MinIO
 */
export async function prepareMinio(options: StartOptions = {}): Promise<void> {
  const context = startContext(options);
  await obtainServer(obtainableMinio(context, "<domain of the origin host>"), context, (route) =>
    prepareRoute(route, { readyPath: READY_PATH, image: MINIO_IMAGE, build: minioBuild(context) }, context),
  );
}

function obtainableMinio(context: StartContext, domain: string): ObtainableServer {
  return {
    name: "MinIO",
    endpointVariables: MINIO_VARIABLES,
    packageRoute: () => Promise.resolve(minioPackageRoute(context)),
    remedies: [
      "install Docker or Podman and start it",
      "install Go 1.24 or newer from https://go.dev/dl: MinIO is then built once, in a few minutes",
      `set ${MINIO_VARIABLES.url}, ${MINIO_VARIABLES.accessKey} and ${MINIO_VARIABLES.secretKey} to a MinIO that runs with MINIO_DOMAIN=${domain}`,
    ],
  };
}

async function startBy(
  route: Route,
  settings: LocalStoreSettings,
  context: StartContext,
): Promise<RunningStore> {
  if (route.kind === "endpoint") {
    return onNamedServer(route.url, route.keys, settings);
  }
  const keys = randomKeys();
  const program =
    route.kind === "container"
      ? await inContainer(route.engine, settings, keys, context)
      : await fromPackage(settings, keys, context);
  return startOwn(program, settings, keys, context);
}

/** The program that was built with the Go toolchain, its data where they can run out of room. */
async function onSmallDisk(
  settings: LocalStoreSettings & { readonly diskMebibytes: number },
  context: StartContext,
): Promise<RunningStore> {
  const disk = await openSmallDisk({
    folder: dataFolder(settings),
    mebibytes: settings.diskMebibytes,
    logFile: path.join(settings.folder, "disk.log"),
  });
  try {
    const keys = randomKeys();
    return await startOwn(await fromPackage(settings, keys, context, disk), settings, keys, context, disk);
  } catch (error) {
    await disk.close();
    throw error;
  }
}

async function startOwn(
  program: ServerProgram,
  settings: LocalStoreSettings,
  keys: StoreKeys,
  context: StartContext,
  disk?: SmallDisk,
): Promise<RunningStore> {
  const server = await startServerProcess(program, context);
  return storeOnServer({
    disk,
    product: "minio",
    settings,
    server,
    keys,
    survivesKill: true,
    outlivesStop: false,
  });
}

async function onNamedServer(
  url: string,
  keys: StoreKeys,
  settings: LocalStoreSettings,
): Promise<RunningStore> {
  const server = await useNamedServer(url, READY_PATH, () => undefined);
  const store = await storeOnServer({
    product: "minio",
    settings,
    server,
    keys,
    survivesKill: true,
    outlivesStop: true,
  });
  try {
    await mustReadByHost(store, settings.originHost, `start it with MINIO_DOMAIN=${originDomain(settings)}`);
  } catch (error) {
    await store.stop();
    throw error;
  }
  return store;
}

async function inContainer(
  engine: "docker" | "podman",
  settings: LocalStoreSettings,
  keys: StoreKeys,
  context: StartContext,
): Promise<ServerProgram> {
  await pullImage(engine, MINIO_IMAGE, settings.folder, context);
  const variables = minioVariables(settings, keys);
  const container = {
    name: `storage-failover-minio-${randomBytes(6).toString("hex")}`,
    image: MINIO_IMAGE,
    containerPort: 9000,
    variables: Object.keys(variables),
    arguments: ["server", "/data", "--address", ":9000"],
  };
  return {
    name: "MinIO",
    version: MINIO_IMAGE.slice(MINIO_IMAGE.lastIndexOf(":") + 1),
    folder: settings.folder,
    readyPath: READY_PATH,
    commands: (port) => containerCommands(engine, container, port),
    environment: () => ({ ...context.environment, ...variables }),
  };
}

async function fromPackage(
  settings: LocalStoreSettings,
  keys: StoreKeys,
  context: StartContext,
  disk?: SmallDisk,
): Promise<ServerProgram> {
  const build = minioBuild(context);
  await ensureBuilt(build, context);
  const data = dataFolder(settings);
  await mkdir(data, { recursive: true });
  const command = (port: number) => ({
    file: path.join(build.folder, build.proof),
    arguments: ["server", "--address", `127.0.0.1:${port}`, data],
  });
  return {
    name: "MinIO",
    version: MINIO_PACKAGE_VERSION,
    folder: settings.folder,
    readyPath: READY_PATH,
    commands: (port) => ({ start: disk?.inside(command(port)) ?? command(port) }),
    // Nothing of the user's own environment: a MINIO_ variable there would change what is tested.
    environment: () => ({
      PATH: context.environment.PATH ?? "",
      HOME: settings.folder,
      ...minioVariables(settings, keys),
    }),
  };
}

function dataFolder({ folder }: LocalStoreSettings): string {
  return path.join(folder, "data");
}

function minioVariables(settings: LocalStoreSettings, keys: StoreKeys): Record<string, string> {
  return {
    MINIO_ROOT_USER: keys.accessKeyId,
    MINIO_ROOT_PASSWORD: keys.secretAccessKey,
    MINIO_SITE_REGION: settings.region,
    MINIO_DOMAIN: originDomain(settings),
    // With it on, requests that look like a browser's are redirected to the console, Cloudflare's probes included.
    MINIO_BROWSER: "off",
    MINIO_UPDATE: "off",
  };
}

function randomKeys(): StoreKeys {
  return { accessKeyId: randomBytes(10).toString("hex"), secretAccessKey: randomBytes(20).toString("hex") };
}
