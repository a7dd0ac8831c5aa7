import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { unzipSync, zipSync } from "fflate";
import { MARKER_VARIABLES, REQUEST_TIMEOUT_VARIABLE, storeVariables } from "../../contract/environment";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { type LambdaProcess, startLambdaProcess } from "../../drill/lambda-process/lambda-process";
import type { RunReport } from "../../lambda/replicator/report";
import { bundleReplicator } from "../../scripts/bundle-replicator";
import { startMarkerResolvers } from "./marker-resolvers";

/** What a sweep of the built function came to, whether it returned it or threw. */
export interface Sweep {
  readonly report: RunReport;
  /** Absent where it returned. */
  readonly thrown?: string;
  /** The most memory that its process has held so far, in bytes. */
  readonly peakBytes: number;
}

export interface BuiltFunctionOptions {
  /** S3 API of each store. */
  readonly endpoints: Readonly<Record<StoreName, string>>;
  readonly bucket: string;
  /** Of Node's heap. @default 128 */
  readonly heapMiB?: number;
  /** What Lambda would allow an invocation. @default 600 */
  readonly timeoutSeconds?: number;
  /** @default - as the contract has it */
  readonly requestTimeoutSeconds?: number;
  /** Variables beside those of stores and marker, or in place of some. @default - none */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The share of a function's memory that the runner makes its heap. */
const HEAP_SHARE = 0.8;

/** Beside the built file, which stays as it is: tells what the process held, which only the process itself knows. */
const OBSERVER = `
const { readFileSync } = require("node:fs");
const { handler } = require("./handler.js");
// What getrusage tells may be what the process was started from; Linux knows better.
function peakBytes() {
  try {
    return Number(/VmHWM:\\s+(\\d+) kB/.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
exports.handler = async (event, context) => {
  let thrown;
  await handler(event, context).catch((error) => { thrown = String(error); });
  return { thrown, peakBytes: peakBytes() };
};
`;

/** The sweep of the zip that is deployed, in a process of its own, between two stores. The primary is active. */
export class BuiltFunction {
  private constructor(
    private readonly process: LambdaProcess,
    private readonly lines: string[],
    private readonly end: () => Promise<void>,
  ) {}

  public static async start(options: BuiltFunctionOptions): Promise<BuiltFunction> {
    const folder = await mkdtemp(path.join(tmpdir(), "built-function-"));
    const zipFile = path.join(folder, "observed.zip");
    await writeFile(zipFile, await observedZip());
    const resolvers = await startMarkerResolvers(() => ({ active: "primary", writesPaused: false }));
    const lines: string[] = [];
    const process = await startLambdaProcess({
      zipFile,
      handler: "observer.handler",
      environment: environmentOf(options, resolvers.urls),
      role: { accessKeyId: "anyone", secretAccessKey: "anything" },
      memoryMiB: Math.ceil((options.heapMiB ?? 128) / HEAP_SHARE),
      timeoutSeconds: options.timeoutSeconds ?? 600,
      onLog: (line) => lines.push(line),
    });
    return new BuiltFunction(process, lines, async () => {
      await process.stop();
      await resolvers.stop();
      await rm(folder, { recursive: true });
    });
  }

  /** @throws FunctionError when the process ended, or was not done in time */
  public async sweep(): Promise<Sweep> {
    this.lines.length = 0;
    const outcome = (await this.process.invoke({})) as Omit<Sweep, "report">;
    const line = this.lines.find((one) => one.startsWith('{"event":"run"'));
    if (line === undefined) throw new Error(`no report; it printed: ${this.lines.join("\n")}`);
    return { ...outcome, report: (JSON.parse(line) as { report: RunReport }).report };
  }

  /** What the last sweep printed, line by line. */
  public get printed(): readonly string[] {
    return this.lines;
  }

  public stop(): Promise<void> {
    return this.end();
  }
}

async function observedZip(): Promise<Uint8Array> {
  const { zip } = await bundleReplicator(path.resolve(__dirname, "../.."));
  return zipSync({ ...unzipSync(zip), "observer.js": Buffer.from(OBSERVER) });
}

function environmentOf(
  { endpoints, bucket, requestTimeoutSeconds, environment: more }: BuiltFunctionOptions,
  resolvers: readonly string[],
): Record<string, string> {
  const environment: Record<string, string> = {
    [MARKER_VARIABLES.name]: "marker.example.com",
    [MARKER_VARIABLES.resolvers]: resolvers.join(","),
    ...(requestTimeoutSeconds !== undefined && { [REQUEST_TIMEOUT_VARIABLE]: String(requestTimeoutSeconds) }),
  };
  for (const store of STORE_NAMES) {
    const names = storeVariables(store);
    environment[names.endpoint] = endpoints[store];
    environment[names.bucket] = bucket;
    environment[names.region] = "us-east-1";
    environment[names.addressStyle] = "path";
  }
  return { ...environment, ...more };
}
