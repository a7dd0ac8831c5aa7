import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { startLocalStack } from "../../drill/local-cloud/localstack";
import { MINIO_IMAGE, prepareMinio, startMinio } from "../../drill/local-cloud/minio";
import { namedEndpoint } from "../../drill/local-cloud/named-endpoint";
import type { LocalStoreSettings } from "../../drill/local-cloud/running-store";
import { planRoutes, type RouteFacts } from "../../drill/local-cloud/server-routes";
import { ServerUnavailableError } from "../../drill/local-cloud/server-unavailable-error";
import { close, listen } from "../../drill/machine/loopback-server";
import { forkTypeScript } from "../../drill/machine/typescript-child";
import { engineCalls, writeDeadEngine, writeStandInEngine } from "../support/stand-in-engine";

// Processes are started; a busy machine takes its time over that.
jest.setTimeout(60_000);

const KEYS = { accessKeyId: "name", secretAccessKey: "word" };
const REFUSED = { refused: "not installed" };
const RUNS = { runs: true } as const;

describe("the way to a server", () => {
  const everything: RouteFacts = {
    endpoint: { url: "http://127.0.0.1:9000", keys: KEYS },
    engines: { docker: RUNS, podman: RUNS },
    packageRoute: { ready: "built" },
  };
  const { endpoint: _, ...unnamed } = everything;

  it.each<[string, RouteFacts, string[], number]>([
    ["a named server is the only way, whatever else there is", everything, ["endpoint"], 0],
    [
      "a named server that cannot be used is not replaced by another",
      { ...everything, endpoint: { refused: "no key" } },
      [],
      1,
    ],
    [
      "docker, podman, package in this order",
      unnamed,
      ["container docker", "container podman", "package"],
      1,
    ],
    [
      "podman where docker does not run",
      { ...unnamed, engines: { docker: REFUSED, podman: RUNS } },
      ["container podman", "package"],
      2,
    ],
    [
      "the package without any engine",
      { ...unnamed, engines: { docker: REFUSED, podman: REFUSED } },
      ["package"],
      3,
    ],
    ["none", { engines: { docker: REFUSED, podman: REFUSED }, packageRoute: { refused: "no Go" } }, [], 4],
  ])("%s", (_name, facts, open, closed) => {
    const plan = planRoutes(facts);

    expect(
      plan.open.map((route) => (route.kind === "container" ? `container ${route.engine}` : route.kind)),
    ).toEqual(open);
    expect(plan.closed).toHaveLength(closed);
  });

  const variables = { url: "THE_URL", accessKey: "THE_ID", secretKey: "THE_KEY" };

  it.each<[string, Record<string, string>, string | undefined, unknown]>([
    ["none is named", {}, undefined, undefined],
    ["an empty name is none", { THE_URL: "" }, undefined, undefined],
    [
      "with both keys",
      { THE_URL: "http://10.0.0.7:9000", THE_ID: "name", THE_KEY: "word" },
      undefined,
      { url: "http://10.0.0.7:9000", keys: KEYS },
    ],
    [
      "a key is missing",
      { THE_URL: "http://10.0.0.7:9000", THE_ID: "name" },
      undefined,
      { refused: expect.stringContaining("THE_KEY") },
    ],
    [
      "default keys",
      { THE_URL: "http://10.0.0.7:9000/" },
      "test",
      { url: "http://10.0.0.7:9000/", keys: { accessKeyId: "test", secretAccessKey: "test" } },
    ],
    [
      "TLS",
      { THE_URL: "https://10.0.0.7:9000", THE_ID: "name", THE_KEY: "word" },
      undefined,
      { refused: expect.stringContaining("THE_URL") },
    ],
    [
      "a path",
      { THE_URL: "http://10.0.0.7/minio", THE_ID: "name", THE_KEY: "word" },
      undefined,
      { refused: expect.stringContaining("/minio") },
    ],
    [
      "no URL at all",
      { THE_URL: "localhost:9000", THE_ID: "name", THE_KEY: "word" },
      undefined,
      { refused: expect.any(String) },
    ],
  ])("reads the named server from the environment: %s", (_name, environment, defaultKey, expected) => {
    expect(namedEndpoint({ ...variables, defaultKey }, environment)).toEqual(expected);
  });
});

describe("starting a real server", () => {
  let folder: string;
  let bin: string;
  let settings: LocalStoreSettings;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "local-cloud-routes-test-"));
    bin = await mkdtemp(path.join(folder, "bin-"));
    settings = {
      storeName: "secondary",
      bucketName: "assets",
      region: "us-east-1",
      originHost: "assets.example.com",
      folder: path.join(folder, "store"),
    };
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("runs MinIO in a container on a loopback port, with its keys in the environment only", async () => {
    await writeStandInEngine(bin, "docker");
    const said: string[] = [];
    const options = {
      environment: { PATH: bin },
      cacheFolder: path.join(folder, "cache"),
      onProgress: (text: string) => said.push(text),
    };

    const store = await startMinio(settings, options);
    const started = await engineCalls(bin);
    await store.kill();
    await expect(fetch(`http://127.0.0.1:${store.port}/`)).rejects.toThrow("fetch failed");
    await store.restart();
    expect((await fetch(`http://127.0.0.1:${store.port}/`)).status).toBe(200);
    await store.stop();
    await store.stop();
    const calls = await engineCalls(bin);

    const run = started.at(-1);
    const name = run?.words[2] ?? "";
    expect(started.map(({ words }) => words[0])).toEqual(["info", "image", "pull", "run"]);
    expect(run?.words).toEqual([
      "run",
      ...["--name", expect.stringMatching(/^storage-failover-minio-[0-9a-f]{12}$/)],
      ...["--publish", `127.0.0.1:${store.port}:9000`],
      ...["--env", "MINIO_ROOT_USER", "--env", "MINIO_ROOT_PASSWORD", "--env", "MINIO_SITE_REGION"],
      ...["--env", "MINIO_DOMAIN", "--env", "MINIO_BROWSER", "--env", "MINIO_UPDATE"],
      MINIO_IMAGE,
      ...["server", "/data", "--address", ":9000"],
    ]);
    expect(run?.variables).toMatchObject({
      MINIO_ROOT_USER: store.accessKeyId,
      MINIO_ROOT_PASSWORD: store.secretAccessKey,
      MINIO_DOMAIN: "example.com",
      MINIO_BROWSER: "off",
    });
    expect(calls.map(({ words }) => words.join(" ")).slice(started.length)).toEqual([
      `kill --signal KILL ${name}`,
      `start --attach ${name}`,
      `rm --force --volumes ${name}`,
    ]);
    expect(said).toEqual([`fetching ${MINIO_IMAGE}`]);
    expect(store).toMatchObject({
      product: "minio",
      version: "RELEASE.2025-09-07T16-13-09Z",
      survivesKill: true,
    });
    expect(existsSync(settings.folder)).toBe(false);
  });

  it("runs LocalStack in a container", async () => {
    await writeStandInEngine(bin, "podman");
    const regional = {
      ...settings,
      region: "eu-central-1",
      originHost: "assets.s3.eu-central-1.amazonaws.com",
    };

    const store = await startLocalStack(regional, { environment: { PATH: bin } });
    await store.stop();
    const calls = await engineCalls(bin);

    const run = calls.find(({ words }) => words[0] === "run");
    expect(run?.words).toContain("localstack/localstack:4.9.2");
    expect(run?.words).toContain(`127.0.0.1:${store.port}:4566`);
    expect(store).toMatchObject({
      product: "localstack",
      survivesKill: false,
      endpoint: `http://127.0.0.1:${store.port}`,
    });
  });

  it("removes the container when this process dies, even by SIGKILL", async () => {
    await writeStandInEngine(bin, "docker");
    const starter = forkTypeScript(require.resolve("../support/minio-starter.ts"));
    const told = new Promise<unknown>((resolve) => starter.once("message", resolve));
    starter.send({ settings, path: bin });
    await told;

    starter.kill("SIGKILL");

    const removed = async () => (await engineCalls(bin)).some(({ words }) => words[0] === "rm");
    for (let attempt = 0; attempt < 200 && !(await removed()); attempt += 1) {
      await setTimeout(50);
    }
    expect(await removed()).toBe(true);
  });

  it("says every way that is closed, why, and what would open one", async () => {
    await writeDeadEngine(bin, "docker");

    const failure = await startMinio(settings, {
      environment: { PATH: bin },
      cacheFolder: path.join(folder, "cache"),
    }).catch((error: unknown) => error);

    expect(failure).toBeInstanceOf(ServerUnavailableError);
    expect((failure as ServerUnavailableError).message).toBe(
      [
        "MinIO cannot be had on this machine",
        "  server named by the environment: none is named",
        "  container (docker): Cannot connect to the daemon",
        "  container (podman): not installed",
        "  package: not built yet, and no Go toolchain (go) is on the PATH",
        "one of these will do:",
        "  install Docker or Podman and start it",
        "  install Go 1.24 or newer from https://go.dev/dl: MinIO is then built once, in a few minutes",
        "  set STORAGE_FAILOVER_MINIO_URL, STORAGE_FAILOVER_MINIO_ACCESS_KEY and STORAGE_FAILOVER_MINIO_SECRET_KEY to a MinIO that runs with MINIO_DOMAIN=example.com",
      ].join("\n"),
    );
    expect(existsSync(settings.folder)).toBe(false);
  });

  it("says why a named server cannot be used, and looks for no other", async () => {
    await writeStandInEngine(bin, "docker");
    const environment = { PATH: bin, STORAGE_FAILOVER_LOCALSTACK_URL: "http://127.0.0.1:1" };
    const regional = { ...settings, originHost: "assets.s3.us-east-1.amazonaws.com" };

    await expect(startLocalStack(regional, { environment })).rejects.toThrow(
      "GET http://127.0.0.1:1/_localstack/health:",
    );
    expect(existsSync(path.join(bin, "calls.jsonl"))).toBe(false);
  });

  it("refuses an origin host under which the server would not find the bucket", async () => {
    await expect(startMinio({ ...settings, originHost: "origin.example.com" })).rejects.toThrow(
      'origin host "origin.example.com" does not begin with the bucket\'s name; allowed: "assets." and a domain',
    );
    await expect(startLocalStack(settings)).rejects.toThrow('allowed: "assets.s3.us-east-1.amazonaws.com"');
  });

  describe("that the user named", () => {
    let server: Server;
    let environment: Record<string, string>;
    /** Whether reads by host name find the bucket. */
    let findsByHost: boolean;
    const requests: string[] = [];

    beforeEach(async () => {
      requests.length = 0;
      const buckets = new Set<string>();
      server = createServer((request, response) => {
        const bucket = (request.url ?? "").split(/[/?]/)[1] ?? "";
        requests.push(`${request.method} ${request.url?.replace(/\?.*/, "")}`);
        request.resume();
        if (request.method === "HEAD") {
          response.statusCode = buckets.has(bucket) ? 200 : 404;
        } else if (request.method === "PUT") {
          buckets.add(bucket);
        } else if (request.headers.host === settings.originHost && !findsByHost) {
          response.statusCode = 404;
        } else if (request.url?.includes("versions")) {
          response.write("<ListVersionsResult></ListVersionsResult>");
        }
        response.end();
      });
      const port = await listen(server);
      environment = {
        STORAGE_FAILOVER_MINIO_URL: `http://127.0.0.1:${port}`,
        STORAGE_FAILOVER_MINIO_ACCESS_KEY: "name",
        STORAGE_FAILOVER_MINIO_SECRET_KEY: "word",
      };
    });

    afterEach(() => close(server));

    it("is not killed itself, and its bucket is removed at the end", async () => {
      findsByHost = true;
      await prepareMinio({ environment });
      const store = await startMinio(settings, { environment });

      await store.kill();

      await expect(fetch(`http://127.0.0.1:${store.port}/`)).rejects.toThrow("fetch failed");
      expect((await fetch(environment.STORAGE_FAILOVER_MINIO_URL ?? "")).status).toBe(200);
      await store.stop();
      expect(requests.at(-1)).toBe("DELETE /assets/");
      expect(store).toMatchObject({ accessKeyId: "name", secretAccessKey: "word", survivesKill: true });
    });

    it("must find the bucket by host name", async () => {
      findsByHost = false;

      await expect(startMinio(settings, { environment })).rejects.toThrow(
        "start it with MINIO_DOMAIN=example.com",
      );
      expect(requests.at(-1)).toBe("DELETE /assets/");
    });

    it("must not have the bucket already: what is in it is not the drill's", async () => {
      findsByHost = true;
      const first = await startMinio(settings, { environment });

      await expect(startMinio(settings, { environment })).rejects.toThrow(
        'bucket "assets" exists on the server already',
      );

      expect(requests).not.toContain("DELETE /assets/");
      await first.stop();
    });
  });
});
