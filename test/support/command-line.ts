import { type ChildProcessByStdio, spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { storeVariables } from "../../contract/environment";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import type { RunningStore } from "../../drill/local-cloud/running-store";

const ROOT = resolve(__dirname, "../..");

export interface CommandEnd {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

export interface StartedCommand {
  readonly process: ChildProcessByStdio<null, Readable, Readable>;
  readonly end: Promise<CommandEnd>;
}

/** `storage-failover` in a process of its own, with these variables and none of this machine's credentials. */
export function startCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): StartedCommand {
  return startNode(["--import", "tsx", "cli/main.ts", ...args], environment);
}

/** The same from one file, in the folder where a person would type it. */
export function startProgramFile(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  folder: string,
): StartedCommand {
  return startNode([file, ...args], environment, folder);
}

/** The same from the file that the package holds. */
export function runProgramFile(
  file: string,
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<CommandEnd> {
  return startNode([file, ...args], environment ?? {}).end;
}

function startNode(
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  folder = ROOT,
): StartedCommand {
  const child = spawn(process.execPath, words, {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: "/nonexistent",
      // Colours are for terminals: a pipe in CI gets none either.
      CI: "true",
      AWS_EC2_METADATA_DISABLED: "true",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  return { process: child, end: ended(child) };
}

export function runCommand(
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<CommandEnd> {
  return startCommand(args, environment).end;
}

/** A store of this machine as an address for the command line. */
export function addressOf(store: RunningStore): string {
  return `http://${store.host}:${store.port}/${store.bucketName}`;
}

/** The key pairs of both sides, as the command line expects them. */
export function pairVariables(from: RunningStore, to: RunningStore): Record<string, string> {
  return {
    FROM_ACCESS_KEY_ID: from.accessKeyId,
    FROM_SECRET_ACCESS_KEY: from.secretAccessKey,
    TO_ACCESS_KEY_ID: to.accessKeyId,
    TO_SECRET_ACCESS_KEY: to.secretAccessKey,
  };
}

/** Where both stores are, as a plan or a person would say it. */
export function storePlaces(stores: Readonly<Record<StoreName, RunningStore>>): Record<string, string> {
  return Object.assign(
    {},
    ...STORE_NAMES.map((name) => {
      const { endpoint, bucket, region, addressStyle } = storeVariables(name);
      const { host, port, bucketName, region: of } = stores[name];
      return {
        [endpoint]: `http://${host}:${port}`,
        [bucket]: bucketName,
        [region]: of,
        [addressStyle]: "path",
      };
    }),
  );
}

/** The key pairs of both stores under their own names, and what readers reach each by. */
export function storeAccess(stores: Readonly<Record<StoreName, RunningStore>>): Record<string, string> {
  return Object.assign(
    {},
    ...STORE_NAMES.map((name) => {
      const { host, port, accessKeyId, secretAccessKey } = stores[name];
      const own = name.toUpperCase();
      return {
        [`${own}_ACCESS_KEY_ID`]: accessKeyId,
        [`${own}_SECRET_ACCESS_KEY`]: secretAccessKey,
        [`${own}_ORIGIN`]: `http://${host}:${port}`,
      };
    }),
  );
}

async function ended(child: StartedCommand["process"]): Promise<CommandEnd> {
  const exit = new Promise<number | null>((done) => child.once("exit", done));
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { code: await exit, out, error };
}
