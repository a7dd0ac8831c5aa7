import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { ensureBuilt } from "./build-cache";
import { containerCommands, pullImage } from "./container-engine";
import {
  findPython,
  LOCALSTACK_VERSION,
  localStackBuild,
  localStackPackageRoute,
} from "./localstack-package";
import { useNamedServer } from "./named-server";
import { type ObtainableServer, obtainServer } from "./obtain-server";
import { prepareRoute } from "./prepare-route";
import type { LocalStoreSettings, RunningStore } from "./running-store";
import { type ServerProgram, startServerProcess } from "./server-process";
import type { ContainerEngine, Route, StoreKeys } from "./server-routes";
import { storeOnServer } from "./server-store";
import { type StartContext, type StartOptions, startContext } from "./start-options";

/** Environment variables that name a LocalStack which runs already. The keys may be left out: it accepts any. */
export const LOCALSTACK_VARIABLES = {
  url: "STORAGE_FAILOVER_LOCALSTACK_URL",
  accessKey: "STORAGE_FAILOVER_LOCALSTACK_ACCESS_KEY",
  secretKey: "STORAGE_FAILOVER_LOCALSTACK_SECRET_KEY",
} as const;

export const LOCALSTACK_IMAGE = `localstack/localstack:${LOCALSTACK_VERSION}`;

const READY_PATH = "/_localstack/health";

/** Both routes alike: no calls home, no DNS server, no certificate to fetch. */
const QUIET = { SKIP_SSL_CERT_DOWNLOAD: "1", DISABLE_EVENTS: "1", DNS_ADDRESS: "0" } as const;

export interface LocalStackOptions extends StartOptions {
  /**
   * Further environment variables of its process. They may name files of this machine, so with them it is always
   * started from the Python environment.
   *
   * @default - none
   */
  readonly variables?: Readonly<Record<string, string>>;
}

export interface RunningLocalStack extends RunningStore {
  /** Base URL of all its services, Secrets Manager among them. */
  readonly endpoint: string;
}

/**
 * Starts LocalStack with a versioned bucket that is read at `<bucket>.s3.<region>.amazonaws.com`, in this
 * order: the server that `STORAGE_FAILOVER_LOCALSTACK_URL` names, a container where docker or podman runs, a
 * Python environment built once.
 *
 * Two facts about it. Its data is in memory: after `kill`, `restart` brings an empty bucket, so whoever wants
 * the data back puts a gateway in front and kills that. And it checks neither keys nor policies: anyone
 * may read, list and write.
 *
 * A named server is never killed: `kill` breaks the way to it. Its bucket must not exist, and `stop` removes it.
 *
 * @throws ServerUnavailableError when there is no way to a LocalStack
 * @throws Error when `originHost` is not the bucket's regional host name
 */
export async function startLocalStack(
  settings: LocalStoreSettings,
  options: LocalStackOptions = {},
): Promise<RunningLocalStack> {
  mustBeRegionalHost(settings);
  const context = startContext(options);
  const { variables } = options;
  try {
    const store =
      variables === undefined
        ? await obtainServer(obtainableLocalStack(context), context, (route) =>
            startBy(route, settings, context),
          )
        : await startOwn(await fromPackage(settings, context, variables), settings, context);
    return Object.assign(store, { endpoint: `http://${store.host}:${store.port}` });
  } catch (error) {
    await rm(settings.folder, { recursive: true, force: true });
    throw error;
  }
}

/**
 * Does what takes a minute the first time, so that `startLocalStack` takes seconds afterwards.
 *
 * @throws ServerUnavailableError when there is no way to a LocalStack
 */
export async function prepareLocalStack(options: StartOptions = {}): Promise<void> {
  const context = startContext(options);
  const build = localStackBuild(context, await findPython(context));
  await obtainServer(obtainableLocalStack(context), context, (route) =>
    prepareRoute(route, { readyPath: READY_PATH, image: LOCALSTACK_IMAGE, build }, context),
  );
}

function obtainableLocalStack(context: StartContext): ObtainableServer {
  return {
    name: "LocalStack",
    endpointVariables: { ...LOCALSTACK_VARIABLES, defaultKey: "test" },
    packageRoute: () => localStackPackageRoute(context),
    remedies: [
      "install Docker or Podman and start it",
      "install Python 3.10 or 3.11 with its venv module (Debian: apt-get install python3-venv): LocalStack is then installed once, in about a minute",
      `set ${LOCALSTACK_VARIABLES.url} to a LocalStack that runs`,
    ],
  };
}

function mustBeRegionalHost({ bucketName, region, originHost }: LocalStoreSettings): void {
  const expected = `${bucketName}.s3.${region}.amazonaws.com`;
  if (originHost !== expected) {
    throw new Error(
      `origin host "${originHost}" is not one that LocalStack serves for bucket "${bucketName}" in ${region}; allowed: "${expected}"`,
    );
  }
}

async function startBy(
  route: Route,
  settings: LocalStoreSettings,
  context: StartContext,
): Promise<RunningStore> {
  if (route.kind === "endpoint") {
    const server = await useNamedServer(route.url, READY_PATH, versionIn);
    const { keys } = route;
    return storeOnServer({
      product: "localstack",
      settings,
      server,
      keys,
      survivesKill: true,
      outlivesStop: true,
    });
  }
  const program =
    route.kind === "container"
      ? await inContainer(route.engine, settings, context)
      : await fromPackage(settings, context, {});
  return startOwn(program, settings, context);
}

async function startOwn(
  program: ServerProgram,
  settings: LocalStoreSettings,
  context: StartContext,
): Promise<RunningStore> {
  const server = await startServerProcess(program, context);
  return storeOnServer({
    product: "localstack",
    settings,
    server,
    keys: randomKeys(),
    survivesKill: false,
    outlivesStop: false,
  });
}

async function inContainer(
  engine: ContainerEngine,
  settings: LocalStoreSettings,
  context: StartContext,
): Promise<ServerProgram> {
  await pullImage(engine, LOCALSTACK_IMAGE, settings.folder, context);
  const container = {
    name: `storage-failover-localstack-${randomBytes(6).toString("hex")}`,
    image: LOCALSTACK_IMAGE,
    containerPort: 4566,
    variables: Object.keys(QUIET),
    arguments: [],
  };
  return {
    name: "LocalStack",
    version: LOCALSTACK_VERSION,
    folder: settings.folder,
    readyPath: READY_PATH,
    commands: (port) => containerCommands(engine, container, port),
    environment: () => ({ ...context.environment, ...QUIET }),
  };
}

async function fromPackage(
  settings: LocalStoreSettings,
  context: StartContext,
  variables: Readonly<Record<string, string>>,
): Promise<ServerProgram> {
  const build = localStackBuild(context, await findPython(context));
  await ensureBuilt(build, context);
  const temporary = path.join(settings.folder, "tmp");
  await mkdir(temporary, { recursive: true });
  return {
    name: "LocalStack",
    version: LOCALSTACK_VERSION,
    folder: settings.folder,
    readyPath: READY_PATH,
    commands: () => ({
      start: { file: path.join(build.folder, build.proof), arguments: ["-m", "localstack.runtime.main"] },
    }),
    // Nothing of the user's own environment: AWS_CA_BUNDLE breaks its start, and its settings are variables too.
    environment: (port) => ({
      ...QUIET,
      PATH: context.environment.PATH ?? "",
      HOME: settings.folder,
      TMPDIR: temporary,
      GATEWAY_LISTEN: `127.0.0.1:${port}`,
      // In a container it would write to /var/lib and share that with every other LocalStack.
      OVERRIDE_IN_DOCKER: "0",
      FILESYSTEM_ROOT: path.join(settings.folder, "filesystem"),
      ...variables,
    }),
  };
}

function versionIn(health: string): string | undefined {
  return /"version": *"([^"]+)"/.exec(health)?.[1];
}

function randomKeys(): StoreKeys {
  // Twelve leading digits would be taken for an account of its own.
  return {
    accessKeyId: `drill${randomBytes(8).toString("hex")}`,
    secretAccessKey: randomBytes(20).toString("hex"),
  };
}
