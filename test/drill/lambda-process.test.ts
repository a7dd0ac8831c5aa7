import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import { zipSync } from "fflate";
import { FunctionError } from "../../drill/lambda-process/function-error";
import {
  type LambdaProcess,
  type LambdaProcessOptions,
  startLambdaProcess,
} from "../../drill/lambda-process/lambda-process";
import { forkTypeScript } from "../../drill/machine/typescript-child";
import { isRunning } from "../support/processes";

// Processes are started; a busy machine takes its time over that.
jest.setTimeout(60_000);

/** One function for all tests: the event says what to do. */
const FUNCTION = `
let calls = 0;
const ways = {
  echo: (event, context) => ({ event, calls, id: context.awsRequestId, left: context.getRemainingTimeInMillis() }),
  surroundings: () => ({
    environment: { ...process.env },
    folder: process.cwd(),
    arguments: process.execArgv,
    paths: require("node:module")._nodeModulePaths(__dirname).filter((folder) => require("node:fs").existsSync(folder)),
    heapMiB: require("node:v8").getHeapStatistics().heap_size_limit / 1048576,
    hour: new Date(0).getHours(),
  }),
  clock: () => ({ now: Date.now(), made: new Date().getTime(), said: Date.parse(Date()), given: new Date(5).getTime(), is: new Date() instanceof Date }),
  require: (event) => require(event.module),
  print: (event) => {
    for (let line = 1; line <= event.lines; line += 1) {
      console.log("out " + line);
      console.error("err " + line);
    }
    process.stdout.write("without an end");
  },
  throw: () => {
    class StoreGone extends Error { name = "StoreGone"; }
    throw new StoreGone("nobody answers");
  },
  throwText: () => { throw "just text"; },
  cycle: () => { const value = {}; value.self = value; return value; },
  nothing: () => undefined,
  hang: () => new Promise(() => setInterval(() => undefined, 1000)),
  spin: () => { for (;;); },
  exit: (event) => { console.log("going"); process.exit(event.status); },
};
exports.handler = async (event, context) => {
  calls += 1;
  return ways[event.do](event, context);
};
`;

describe("a function in a process of its own", () => {
  let folder: string;
  let zipFile: string;
  const started: LambdaProcess[] = [];
  const lines: string[] = [];

  async function zip(name: string, files: Record<string, string>): Promise<string> {
    const file = path.join(folder, name);
    const entries = Object.entries(files).map(
      ([entry, text]) => [entry, new TextEncoder().encode(text)] as const,
    );
    await writeFile(file, zipSync(Object.fromEntries(entries)));
    return file;
  }

  async function start(options: Partial<LambdaProcessOptions> = {}): Promise<LambdaProcess> {
    const running = await startLambdaProcess({
      zipFile,
      handler: "handler.handler",
      environment: { MARKER_NAME: "_storage-failover.example.com" },
      timeoutSeconds: 30,
      onLog: (line) => lines.push(line),
      ...options,
    });
    started.push(running);
    return running;
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "lambda-process-test-"));
    zipFile = await zip("function.zip", {
      "handler.js": FUNCTION,
      "lib/": "",
      "lib/part.js": "module.exports = 7",
    });
  });

  afterEach(async () => {
    lines.length = 0;
    await Promise.all(started.splice(0).map((running) => running.stop()));
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("gets events, answers results, and stays warm between invocations", async () => {
    const running = await start();

    const first = await running.invoke({ do: "echo", text: "ä\u{1F600}" });
    const { pid } = running;
    const second = await running.invoke({ do: "echo" });

    expect(first).toMatchObject({
      event: { text: "ä\u{1F600}" },
      calls: 1,
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(second).toMatchObject({ calls: 2 });
    expect((first as { left: number }).left).toBeGreaterThan(1000);
    expect((first as { left: number }).left).toBeLessThanOrEqual(30_000);
    expect((first as { id: string }).id).not.toBe((second as { id: string }).id);
    expect(running.pid).toBe(pid);
    expect(await running.invoke({ do: "nothing" })).toBeNull();
  });

  it("sees its own variables and Lambda's, and nothing else of this machine", async () => {
    process.env.LEAKED_FROM_THE_STARTER = "it leaked";
    const running = await start({
      memoryMiB: 256,
      role: { accessKeyId: "role", secretAccessKey: "key of the role" },
    });

    const seen = (await running.invoke({ do: "surroundings" })) as Record<string, unknown>;
    delete process.env.LEAKED_FROM_THE_STARTER;

    const environment = seen.environment as Record<string, string>;
    expect(Object.keys(environment).sort()).toEqual([
      "AWS_ACCESS_KEY_ID",
      "AWS_DEFAULT_REGION",
      "AWS_EXECUTION_ENV",
      "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
      "AWS_LAMBDA_FUNCTION_NAME",
      "AWS_LAMBDA_FUNCTION_VERSION",
      "AWS_LAMBDA_INITIALIZATION_TYPE",
      "AWS_LAMBDA_LOG_GROUP_NAME",
      "AWS_LAMBDA_LOG_STREAM_NAME",
      "AWS_REGION",
      "AWS_SECRET_ACCESS_KEY",
      "LAMBDA_TASK_ROOT",
      "LANG",
      "MARKER_NAME",
      "PATH",
      "TZ",
      "_HANDLER",
    ]);
    expect(environment).toMatchObject({
      MARKER_NAME: "_storage-failover.example.com",
      TZ: ":UTC",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: "256",
    });
    expect(seen).toMatchObject({ paths: [], hour: 0, folder: environment.LAMBDA_TASK_ROOT });
    expect(seen.arguments).toEqual([expect.stringMatching(/^--max-old-space-size=\d+$/)]);
    expect(seen.heapMiB).toBeLessThan(512);
  });

  it("finds what is in the zip and no package of this repository", async () => {
    const running = await start();

    expect(await running.invoke({ do: "require", module: "./lib/part.js" })).toBe(7);
    await expect(running.invoke({ do: "require", module: "fflate" })).rejects.toMatchObject({
      errorMessage: expect.stringContaining("Cannot find module 'fflate'"),
    });
  });

  it("hands over every line printed before the invocation's end", async () => {
    const running = await start();

    await running.invoke({ do: "print", lines: 2000 });

    expect(lines).toHaveLength(4001);
    expect(lines.filter((line) => line.startsWith("out ")).at(-1)).toBe("out 2000");
    expect(lines.filter((line) => line.startsWith("err ")).at(-1)).toBe("err 2000");
    expect(lines).toContain("without an end");
  });

  it("reports what the function threw as Lambda does, and stays warm", async () => {
    const running = await start();

    const failure = await running.invoke({ do: "throw" }).catch((error: unknown) => error);
    const text = await running.invoke({ do: "throwText" }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(FunctionError);
    expect(failure).toMatchObject({ errorType: "StoreGone", errorMessage: "nobody answers" });
    expect((failure as FunctionError).trace.join("\n")).toContain("handler.js");
    expect(text).toMatchObject({ errorType: "string", errorMessage: "just text" });
    await expect(running.invoke({ do: "cycle" })).rejects.toMatchObject({ errorType: "TypeError" });
    expect(await running.invoke({ do: "echo" })).toMatchObject({ calls: 4 });
  });

  it.each(["hang", "spin"])("ends an invocation that takes too long with its process (%s)", async (way) => {
    const running = await start({ timeoutSeconds: 0.5 });
    await running.invoke({ do: "nothing" });
    const { pid } = running;

    await expect(running.invoke({ do: way })).rejects.toMatchObject({
      errorType: "Sandbox.Timedout",
      errorMessage: expect.stringContaining("Task timed out after 0.50 seconds"),
    });

    expect(running.pid).toBeUndefined();
    expect(isRunning(pid ?? 0)).toBe(false);
    expect(await running.invoke({ do: "echo" })).toMatchObject({ calls: 1 });
    expect(running.pid).not.toBe(pid);
  });

  it("starts afresh after kill -9 and after an exit of its own", async () => {
    const running = await start();
    await running.invoke({ do: "nothing" });
    const underWay = expect(running.invoke({ do: "hang" })).rejects.toMatchObject({
      errorType: "Runtime.ExitError",
      errorMessage: "Runtime exited with error: signal: SIGKILL",
    });

    await running.kill();

    await underWay;
    expect(await running.invoke({ do: "echo" })).toMatchObject({ calls: 1 });
    await expect(running.invoke({ do: "exit", status: 9 })).rejects.toMatchObject({
      errorMessage: "Runtime exited with error: exit status 9",
    });
    expect(lines).toEqual(["going"]);
    expect(await running.invoke({ do: "echo" })).toMatchObject({ calls: 1 });
  });

  it("takes one invocation at a time", async () => {
    const running = await start({ timeoutSeconds: 1 });
    const first = running.invoke({ do: "hang" }).catch((error: unknown) => error);

    await expect(running.invoke({ do: "echo" })).rejects.toMatchObject({
      errorType: "TooManyRequestsException",
    });

    expect(await first).toMatchObject({ errorType: "Sandbox.Timedout" });
  });

  it.each([
    ["a file that is not there", { "other.js": "" }, "handler.handler", "Runtime.ImportModuleError"],
    [
      "an export that is not there",
      { "handler.js": "exports.other = 1" },
      "handler.handler",
      "Runtime.HandlerNotFound",
    ],
    [
      "a module that throws",
      { "handler.js": "throw new RangeError('too far')" },
      "handler.handler",
      "RangeError",
    ],
  ])("says why it cannot be loaded: %s", async (what, files, handler, errorType) => {
    const running = await start({ zipFile: await zip(`${what}.zip`, files), handler });

    await expect(running.invoke({})).rejects.toMatchObject({ errorType });
    await expect(running.invoke({})).rejects.toMatchObject({ errorType });
  });

  it("runs ES modules", async () => {
    const files = { "src/entry.mjs": "export const main = async (event) => event.value + 1;" };
    const running = await start({ zipFile: await zip("module.zip", files), handler: "src/entry.main" });

    expect(await running.invoke({ value: 1 })).toBe(2);
  });

  it("refuses a zip that is none, and one that writes outside of its folder", async () => {
    await writeFile(path.join(folder, "none.zip"), "no zip");

    await expect(start({ zipFile: path.join(folder, "none.zip") })).rejects.toThrow("invalid zip data");
    await expect(start({ zipFile: await zip("outside.zip", { "../outside.js": "" }) })).rejects.toThrow(
      'the zip names "../outside.js"',
    );
  });

  it("removes its files when it stops, and cannot be used afterwards", async () => {
    const running = await start();
    const { folder: taskFolder } = (await running.invoke({ do: "surroundings" })) as { folder: string };

    await running.stop();
    await running.stop();

    expect(existsSync(path.dirname(taskFolder))).toBe(false);
    await expect(running.invoke({})).rejects.toThrow("stopped");
  });

  it("tells a function a wrong time, until it is set right again", async () => {
    const running = await start();
    const minutesAhead = async () => {
      const clock = (await running.invoke({ do: "clock" })) as Record<string, number>;
      expect(clock).toMatchObject({ given: 5, is: true });
      // Plus 0: rounding may give -0.
      return ["now", "made", "said"].map((way) => Math.round(((clock[way] ?? 0) - Date.now()) / 60_000) + 0);
    };

    await running.skewClock(20);
    expect(await minutesAhead()).toEqual([20, 20, 20]);
    await running.skewClock(-7);
    expect(await minutesAhead()).toEqual([-7, -7, -7]);
    await running.skewClock(0);
    expect(await minutesAhead()).toEqual([0, 0, 0]);
  });

  it("ends with the process that started it, even after SIGKILL", async () => {
    const starter = forkTypeScript(require.resolve("../support/function-starter.ts"));
    const told = new Promise<unknown>((resolve) => starter.once("message", resolve));
    starter.send(zipFile);
    const { pid, taskFolder } = (await told) as { pid: number; taskFolder: string };

    starter.kill("SIGKILL");

    for (let attempt = 0; attempt < 100 && isRunning(pid); attempt += 1) {
      await setTimeout(100);
    }
    expect(isRunning(pid)).toBe(false);
    await rm(path.dirname(taskFolder), { recursive: true });
  });
});
