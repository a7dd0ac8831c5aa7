import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { type BuildStep, type CachedBuild, ensureBuilt } from "../../drill/local-cloud/build-cache";
import { keepProcess } from "../../drill/local-cloud/kept-process";
import { startSecretsStandIn } from "../../drill/local-cloud/secrets-stand-in";
import { startServerProcess } from "../../drill/local-cloud/server-process";
import { startContext } from "../../drill/local-cloud/start-options";
import { freePort, isFree } from "../../drill/machine/free-port";
import { forkTypeScript, whenExited } from "../../drill/machine/typescript-child";
import { describeSecretStore } from "../support/describe-secret-store";
import { untilGone } from "../support/processes";

// Processes are started; a busy machine takes its time over that.
jest.setTimeout(60_000);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "local-cloud-parts-test-"));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** A build that takes a moment, and counts how often it was done. */
function sampleBuild(script = "sleep 0.3; echo built > product"): CachedBuild {
  return {
    name: "the sample",
    folder: path.join(folder, "sample", "1.0"),
    proof: "product",
    usuallyTakes: "a moment",
    build: async (inside, run) => {
      await run({ file: "sh", arguments: ["-c", `echo once >> ../count; ${script}`] });
      expect(inside).not.toBe(path.join(folder, "sample", "1.0"));
    },
  };
}

const builds = async () =>
  (await readFile(path.join(folder, "sample", "count"), "utf8")).split("\n").length - 1;

describe("a cached build", () => {
  it("is made once for all who ask at the same time, and shows that it is under way", async () => {
    const said: string[] = [];
    const context = startContext({ onProgress: (text) => said.push(text) });

    await Promise.all([1, 2, 3].map(() => ensureBuilt(sampleBuild(), context)));
    await ensureBuilt(sampleBuild(), context);

    expect(await builds()).toBe(1);
    expect(await readFile(path.join(folder, "sample", "1.0", "product"), "utf8")).toBe("built\n");
    expect(said).toContain("building the sample: 0 s (usually a moment, once)");
    expect(
      said.filter((text) => text === `waiting for process ${process.pid}, which is building the sample`),
    ).toHaveLength(2);
    expect(await readdir(path.join(folder, "sample"))).toEqual(["1.0", "count"]);
  });

  it("that fails shows its last words, and leaves nothing that would pass for a result", async () => {
    const failing = sampleBuild("echo half > product; echo no such module >&2; exit 7");

    await expect(ensureBuilt(failing, startContext({}))).rejects.toThrow(
      /building the sample failed: sh ended with status 7\n {2}no such module/,
    );
    expect(await readdir(path.join(folder, "sample"))).toEqual(["count"]);

    await ensureBuilt(sampleBuild(), startContext({}));
    expect(await builds()).toBe(2);
  });

  it("without the file that proves it is none", async () => {
    await expect(ensureBuilt(sampleBuild("true"), startContext({}))).rejects.toThrow(
      "building the sample left no product",
    );
  });

  it("that is interrupted ends its programs and leaves nothing", async () => {
    const interrupt = new AbortController();
    const context = startContext({ signal: interrupt.signal });
    const building = ensureBuilt(sampleBuild("echo $$ > ../pid; sleep 100"), context);
    const pidFile = path.join(folder, "sample", "pid");
    const stopped = expect(building).rejects.toThrow("aborted");
    while (!existsSync(pidFile)) {
      await setTimeout(20);
    }

    interrupt.abort();

    await stopped;
    expect(await readdir(path.join(folder, "sample"))).toEqual(["count", "pid"]);
    await untilGone(Number(await readFile(pidFile, "utf8")));
  });

  it("that is interrupted while its program is being started does not wait for it", async () => {
    const interrupt = new AbortController();
    const building = {
      ...sampleBuild(),
      build: (_inside: string, run: BuildStep) => {
        const running = run({ file: "sleep", arguments: ["100"] });
        interrupt.abort();
        return running;
      },
    };

    await expect(ensureBuilt(building, startContext({ signal: interrupt.signal }))).rejects.toThrow(
      "aborted",
    );
  });

  it.each([
    ["a process that has died", async () => `${await deadPid()}\n`],
    ["a file that names nobody", async () => ""],
  ])("takes over the lock of %s, with what it left half done", async (_name, content) => {
    const parent = path.join(folder, "sample");
    await mkdir(path.join(parent, "1.0.building", "product"), { recursive: true });
    const lock = path.join(parent, "1.0.lock");
    await writeFile(lock, await content());
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(lock, longAgo, longAgo);

    await Promise.all([1, 2, 3].map(() => ensureBuilt(sampleBuild(), startContext({}))));

    expect(await builds()).toBe(1);
    expect(await readdir(parent)).toEqual(["1.0", "count"]);
  });

  it("waits for the lock of a process that lives", async () => {
    const parent = path.join(folder, "sample");
    await mkdir(parent, { recursive: true });
    await writeFile(path.join(parent, "1.0.lock"), `${process.ppid}\n`);
    const interrupt = new AbortController();
    const said: string[] = [];
    const context = startContext({ signal: interrupt.signal, onProgress: (text) => said.push(text) });
    const waiting = expect(ensureBuilt(sampleBuild(), context)).rejects.toThrow("aborted");
    while (said.length === 0) {
      await setTimeout(20);
    }

    interrupt.abort();

    await waiting;
    expect(said).toEqual([`waiting for process ${process.ppid}, which is building the sample`]);
    expect(await readdir(parent)).toEqual(["1.0.lock"]);
  });
});

async function deadPid(): Promise<number> {
  const log = path.join(folder, "log");
  const kept = await keepProcess({ file: "true", arguments: [], folder, environment: {}, logFile: log });
  await kept.exited;
  return kept.pid;
}

describe("a kept process", () => {
  const sleeper = () => ({
    file: "sh",
    arguments: ["-c", "sleep 100 & echo $! > child; wait"],
    folder,
    environment: { PATH: process.env.PATH ?? "" },
    logFile: path.join(folder, "log"),
  });

  async function childPid(): Promise<number> {
    const file = path.join(folder, "child");
    while (!existsSync(file) || (await readFile(file, "utf8")) === "") {
      await setTimeout(20);
    }
    return Number(await readFile(file, "utf8"));
  }

  it("ends with all its own children", async () => {
    const kept = await keepProcess(sleeper());
    const child = await childPid();

    await kept.end(5);

    expect(await kept.exited).toMatchObject({ signal: "SIGTERM" });
    await untilGone(child);
    await untilGone(kept.pid);
  });

  it("is killed when it does not heed SIGTERM", async () => {
    const stubborn = {
      ...sleeper(),
      arguments: ["-c", "trap '' TERM; echo 1 > child; while :; do sleep 0.1; done"],
    };
    const kept = await keepProcess(stubborn);
    await childPid();

    await kept.end(0.3);

    expect(await kept.exited).toMatchObject({ signal: "SIGKILL" });
  });

  it("tells of its end by itself, however soon", async () => {
    const kept = await keepProcess({ ...sleeper(), arguments: ["-c", "exit 4"] });

    expect(await kept.exited).toMatchObject({ code: 4, signal: null });
    await kept.end(1);
  });

  it("that is not there cannot be started", async () => {
    await expect(keepProcess({ ...sleeper(), file: "no-such-program" })).rejects.toThrow(
      "no-such-program could not be started: spawn no-such-program ENOENT",
    );
  });

  it("ends with the process that started it, even after SIGKILL", async () => {
    const starter = forkTypeScript(require.resolve("../support/kept-process-starter.ts"));
    starter.send(sleeper());
    const child = await childPid();

    starter.kill("SIGKILL");

    await whenExited(starter);
    await untilGone(child);
  });
});

describe("a server process", () => {
  it("that does not come up is reported with its last lines", async () => {
    const program = {
      name: "the server",
      version: "1",
      folder,
      readyPath: "/ready",
      commands: () => ({ start: { file: "sh", arguments: ["-c", "echo port is wrong; exit 1"] } }),
      environment: () => ({ PATH: process.env.PATH ?? "" }),
    };

    await expect(startServerProcess(program, startContext({}))).rejects.toThrow(
      "the server ended before it was ready; its last lines:\n  port is wrong",
    );
  });
});

describe("a free port", () => {
  it("lies below the ports that systems give to outgoing connections, and is free", async () => {
    const port = await freePort();

    expect(port).toBeGreaterThanOrEqual(15_000);
    expect(port).toBeLessThan(32_768);
    expect(await isFree(port)).toBe(true);
  });

  it("is not free while somebody listens", async () => {
    const port = await freePort();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));

    expect(await isFree(port)).toBe(false);

    await new Promise((resolve) => server.close(resolve));
  });
});

describeSecretStore("the stand-in", startSecretsStandIn);

describe("the stand-in for Secrets Manager", () => {
  it("refuses what is not signed, and operations that it does not know", async () => {
    const store = await startSecretsStandIn();
    const ask = async (headers: Record<string, string>) => {
      const response = await fetch(store.endpoint, { method: "POST", headers, body: '{"SecretId":"x"}' });
      return [response.status, response.headers.get("x-amzn-errortype")];
    };

    expect(await ask({ "x-amz-target": "secretsmanager.GetSecretValue" })).toEqual([
      400,
      "MissingAuthenticationTokenException",
    ]);
    expect(
      await ask({ authorization: "AWS4-HMAC-SHA256 x", "x-amz-target": "secretsmanager.DeleteSecret" }),
    ).toEqual([400, "UnknownOperationException"]);

    await store.stop();
  });
});
