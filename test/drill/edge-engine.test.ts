import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { STAMP_HEADER } from "../../contract/stamp";
import { poolsOf } from "../../drill/edge/edge-plan";
import { startEdge } from "../../drill/edge/start-edge";
import { monotonicMilliseconds } from "../../drill/machine/clock";
import {
  EdgeTestBed,
  INTERVAL_MILLISECONDS,
  PATIENCE_MILLISECONDS,
  PRIMARY_FIRST,
  SECONDARY_FIRST,
  SPEED,
  UNNOTICED,
  until,
} from "./edge-test-bed";

jest.setTimeout(4 * PATIENCE_MILLISECONDS);

let bed: EdgeTestBed;

beforeEach(async () => {
  bed = new EdgeTestBed();
  await bed.startOrigins();
});

afterEach(async () => {
  await bed.stop();
});

describe("the edge while both stores are well", () => {
  it("asks the first pool under the origin's own host name, sets and hides headers as ruled, and rewrites the index", async () => {
    bed.origins.primary.handler = (_incoming, outgoing) =>
      outgoing.writeHead(200, { [STAMP_HEADER]: "s", "x-amz-meta-kept": "k", etag: '"e"' }).end("page");
    await bed.startHealthy({ ...PRIMARY_FIRST, requestHeaders: { Referer: "made-up" } });

    const { status, store, body, headers } = await bed.read("/?a=1", {
      headers: { referer: "the reader's" },
    });

    expect({ status, store, body }).toEqual({ status: 200, store: "primary", body: "page" });
    expect(headers).toMatchObject({ "x-amz-meta-kept": "k", etag: '"e"' });
    expect(headers).not.toHaveProperty(STAMP_HEADER);
    expect(bed.origins.primary.reads.at(-1)?.url).toBe("/index.html?a=1");
    expect(bed.origins.primary.reads.at(-1)?.headers).toMatchObject({
      host: "primary-origin.example.com",
      referer: "made-up",
    });
    expect(bed.origins.secondary.reads).toHaveLength(0);
  });

  it("passes bytes, ranges, conditional answers, HEAD, bodies and awkward paths through unchanged", async () => {
    const content = randomBytes(3_000_000);
    bed.origins.primary.handler = (incoming, outgoing) => {
      if (incoming.headers["if-none-match"] === '"e"')
        return void outgoing.writeHead(304, { etag: '"e"' }).end();
      if (incoming.method === "PUT") return void incoming.pipe(outgoing);
      if (incoming.headers.range === "bytes=0-1")
        return void outgoing.writeHead(206, { "content-range": "bytes 0-1/2" }).end("ab");
      outgoing.writeHead(200, { "content-length": content.length });
      outgoing.end(incoming.method === "HEAD" ? undefined : content);
    };
    await bed.startHealthy();

    expect((await bed.read("/big")).body).toBe(content.toString("latin1"));
    expect(await bed.read("/big", { headers: { range: "bytes=0-1" } })).toMatchObject({
      status: 206,
      body: "ab",
    });
    expect(await bed.read("/big", { headers: { "if-none-match": '"e"' } })).toMatchObject({
      status: 304,
      body: "",
    });
    expect(await bed.read("/big", { method: "HEAD" })).toMatchObject({
      body: "",
      headers: { "content-length": "3000000" },
    });
    expect(await bed.read("/b%2Fc%20%F0%9F%8C%8D+'%22?x=%25", { method: "PUT", body: "body" })).toMatchObject(
      {
        body: "body",
      },
    );
    expect(bed.origins.primary.reads.at(-1)?.url).toBe("/b%2Fc%20%F0%9F%8C%8D+'%22?x=%25");
  });

  it("keeps CORS and ranges whole, so that a download goes on at the other store where it stopped", async () => {
    const content = randomBytes(1000);
    for (const origin of Object.values(bed.origins)) {
      origin.handler = (incoming, outgoing) => {
        const [, from] = /^bytes=(\d+)-$/.exec(incoming.headers.range ?? "") ?? [];
        const isSame = incoming.headers["if-range"] === '"the same at both"';
        outgoing.writeHead(from !== undefined && isSame ? 206 : 200, {
          etag: '"the same at both"',
          "accept-ranges": "bytes",
          "access-control-allow-origin": incoming.headers.origin ?? "nobody",
          "access-control-expose-headers": "ETag",
          vary: "Origin",
          ...(from === undefined ? {} : { "content-range": `bytes ${from}-999/1000` }),
        });
        outgoing.end(content.subarray(Number(from ?? 0)));
      };
    }
    await bed.startHealthy();
    const rest = (from: number) =>
      bed.read("/download", {
        headers: {
          range: `bytes=${from}-`,
          "if-range": '"the same at both"',
          origin: "https://app.example.org",
        },
      });

    const before = await rest(400);
    await bed.origins.primary.stop();
    const after = await rest(700);

    expect([before.store, after.store]).toEqual(["primary", "secondary"]);
    for (const [{ status, body, headers }, from] of [
      [before, 400],
      [after, 700],
    ] as const) {
      expect({ status, body }).toEqual({ status: 206, body: content.toString("latin1", from) });
      expect(headers).toMatchObject({
        "content-range": `bytes ${from}-999/1000`,
        "accept-ranges": "bytes",
        "access-control-allow-origin": "https://app.example.org",
        "access-control-expose-headers": "ETag",
        vary: "Origin",
        etag: '"the same at both"',
      });
    }
  });

  it("probes each origin from three data centres once an interval, as the monitor says", async () => {
    await bed.startHealthy();
    const from = bed.origins.secondary.probes.length;
    await until(() => bed.origins.secondary.probes.length >= from + 6);

    const probe = bed.origins.secondary.probes.at(-1);
    expect(probe).toMatchObject({ method: "GET", url: "/storage-failover-health.txt" });
    expect(probe?.headers).toMatchObject({ host: "secondary-origin.example.com" });
    expect(bed.poolEvents("primary")).toEqual([]);
  });

  it("breaks off the reader's answer when the origin breaks off, and the origin's when the reader goes, begun or not", async () => {
    let gone: string[] = [];
    bed.origins.primary.handler = (incoming, outgoing) => {
      outgoing.on("close", () => gone.push(incoming.url ?? ""));
      if (incoming.url === "/unanswered") return;
      // Without a length, only the missing end tells a reader that something is missing.
      outgoing.write("begun");
      if (incoming.url === "/broken") setTimeout(() => outgoing.destroy(), 20);
    };
    await bed.startHealthy(PRIMARY_FIRST, { minimumTimeoutMilliseconds: 2 * PATIENCE_MILLISECONDS });
    await expect(bed.read("/broken")).rejects.toMatchObject({ code: "ECONNRESET" });

    gone = [];
    const readers = ["/begun", "/unanswered"].map((path) =>
      request({ port: bed.edge.port, host: "127.0.0.1", path, agent: new Agent() })
        .on("error", () => undefined)
        .end(),
    );
    await until(() => bed.origins.primary.reads.length === 3);
    for (const reader of readers) reader.destroy();
    await until(() => gone.length === 2);
    expect(bed.events).toEqual([]);
  });
});

describe("an outage", () => {
  it("answered with 503 is passed on unretried until the monitor notices within its interval, and reads return by themselves", async () => {
    await bed.startHealthy();
    expect((await bed.read()).store).toBe("primary");

    bed.origins.primary.behaviour = "answers-503";
    const broken = monotonicMilliseconds() - bed.began;
    expect(await bed.read()).toMatchObject({ status: 503, store: "primary", body: "out of order" });
    await bed.readsComeFrom("secondary");

    await until(() => bed.poolEvents("primary").length === 1);
    const down = bed.events.find((event) => event.type === "pool");
    expect(down).toMatchObject({ store: "primary", healthy: false });
    const detection = (down?.at ?? 0) - broken;
    expect(detection).toBeGreaterThan(0);
    expect(detection).toBeLessThan(INTERVAL_MILLISECONDS + PATIENCE_MILLISECONDS / 3);

    bed.origins.primary.behaviour = "well";
    await bed.readsComeFrom("primary");
    await until(() => bed.poolEvents("primary").length === 2);
    expect(bed.poolEvents("primary")).toEqual([false, true]);
    expect(bed.events.filter((event) => event.type === "edge-retry")).toEqual([]);
  });

  it("met as a refused connection costs no read: the other pool is asked at once", async () => {
    await bed.startHealthy(UNNOTICED);

    await bed.origins.primary.stop();
    expect(await bed.read()).toMatchObject({ status: 200, store: "secondary" });
    expect(bed.events[0]).toMatchObject({ type: "edge-retry", from: "primary", to: "secondary", code: 521 });
    expect(await bed.read("/a", { method: "POST", body: "not sent twice" })).toMatchObject({
      status: 521,
      store: undefined,
    });

    await bed.edge.applyPlan(PRIMARY_FIRST);
    await until(() => bed.poolEvents("primary").length === 1);
    expect(bed.poolEvents("primary")).toEqual([false]);
    await bed.origins.primary.start();
    await bed.readsComeFrom("primary");
  });

  it("is not helped by another pool unless the plan allows failover across pools", async () => {
    await bed.startHealthy({ ...UNNOTICED, failoverAcrossPools: false });
    await bed.origins.primary.stop();
    expect((await bed.read()).status).toBe(521);
  });

  it("met as a cut connection is 520, which is not retried", async () => {
    await bed.startHealthy(UNNOTICED);
    bed.origins.primary.behaviour = "resets";
    expect(await bed.read()).toMatchObject({ status: 520, store: undefined });
    expect(bed.origins.secondary.reads).toHaveLength(0);
  });

  it("of both stores sends readers to the fallback pool, whatever its health", async () => {
    await bed.startHealthy(SECONDARY_FIRST);
    bed.origins.primary.behaviour = "sick";
    bed.origins.secondary.behaviour = "sick";
    await until(async () => (await bed.edge.pools()).every((pool) => pool.status === "unhealthy"));

    expect(await bed.read()).toMatchObject({ status: 200, store: "secondary" });
    await bed.origins.secondary.stop();
    // The primary would answer; but no pool is healthy, so there is none to retry on.
    expect((await bed.read()).status).toBe(521);
  });

  it("is what an origin with the other store's health object amounts to", async () => {
    bed.origins.primary.behaviour = "wrong-store";
    await bed.startWith();
    await bed.readsComeFrom("secondary");
    await until(() => bed.poolEvents("primary").length === 1);
    expect(bed.poolEvents("primary")).toEqual([false]);
  });

  it("met as silence is noticed after the time-out and its retries", async () => {
    await bed.startHealthy(PRIMARY_FIRST, { minimumTimeoutMilliseconds: 100 });
    bed.origins.primary.probes = [];
    bed.origins.primary.behaviour = "hangs";
    await until(async () => (await bed.edge.pools()).some((pool) => pool.status === "unhealthy"));

    // Two data centres of three decide; each has tried three times.
    expect(bed.origins.primary.probes.length).toBeGreaterThanOrEqual(6);
  });
});

describe("a flip", () => {
  it("by another plan turns the order around, keeps what is known of the pools, and moves the marker", async () => {
    await bed.startHealthy();
    expect((await bed.read()).store).toBe("primary");
    expect(await markers()).toEqual(['"active=primary"', '"active=primary"']);

    await bed.edge.applyPlan(SECONDARY_FIRST);
    expect((await bed.edge.pools()).map((pool) => [pool.store, pool.status])).toEqual([
      ["secondary", "healthy"],
      ["primary", "healthy"],
    ]);
    await bed.readsComeFrom("secondary");
    await until(async () => (await markers()).every((marker) => marker === '"active=secondary"'));
    expect(bed.events).toEqual([]);

    await bed.origins.secondary.stop();
    expect((await bed.read()).store).toBe("primary");
  });

  it("looks anew at a pool whose monitor or origin changed, and forgets pools that are gone", async () => {
    await bed.startHealthy();
    const [primary, secondary] = poolsOf(PRIMARY_FIRST);
    if (primary === undefined || secondary === undefined) throw new Error("the plan has two pools");
    const strict = { ...secondary, monitor: { ...secondary.monitor, expectedBody: "something else" } };

    await bed.edge.applyPlan({ ...PRIMARY_FIRST, defaultPools: [primary, strict] });
    await until(() => bed.poolEvents("secondary").length > 0);
    expect(bed.poolEvents("secondary")).toEqual([false]);

    await bed.edge.applyPlan({ ...PRIMARY_FIRST, defaultPools: [primary] });
    const before = bed.origins.secondary.probes.length;
    await sleep(2 * INTERVAL_MILLISECONDS);
    expect(bed.origins.secondary.probes.length).toBe(before);
    expect((await bed.edge.pools()).map((pool) => pool.store)).toEqual(["primary"]);
  });

  it("refuses a plan with an origin that it cannot find, and goes on with the old one", async () => {
    await bed.startHealthy();
    const [primary] = poolsOf(PRIMARY_FIRST);
    if (primary === undefined) throw new Error("the plan has two pools");
    const moved = { ...primary, origin: { ...primary.origin, address: "elsewhere.example.com" } };

    await expect(
      bed.edge.applyPlan({ ...PRIMARY_FIRST, defaultPools: [moved], fallbackPool: moved }),
    ).rejects.toThrow("no port is given for elsewhere.example.com");
    expect((await bed.read()).store).toBe("primary");
  });

  it("is announced by resolvers that keep the old answer for its time to live", async () => {
    await bed.startWith();
    expect(await markers()).toEqual(['"active=primary"', '"active=primary"']);

    const published = monotonicMilliseconds();
    await bed.edge.publishMarker({ active: "primary", writesPaused: true });
    const paused = '"active=primary;writes=paused"';
    const seen = await markers();
    // On a machine so slow that the time to live has passed by now, there is nothing to see.
    if (monotonicMilliseconds() - published < INTERVAL_MILLISECONDS)
      expect(seen).toEqual(['"active=primary"', '"active=primary"']);
    await until(async () => (await markers()).every((marker) => marker === paused));
    expect((await bed.edge.pools())[0]?.store).toBe("primary");
  });

  it("is asked for as of the public resolvers", async () => {
    await bed.startWith();
    const [cloudflare, google] = bed.edge.resolverUrls;
    const question = "?name=_storage-failover.assets.example.com&type=TXT";

    const answer: unknown = await (await ask(`${google}${question}`)).json();
    expect(answer).toMatchObject({ Status: 0, Answer: [{ type: 16, data: '"active=primary"' }] });
    expect((await ask(`${cloudflare}${question}`, "*/*")).status).toBe(400);
    expect(await (await ask(`${cloudflare}?name=nobody.example.com&type=16`)).json()).toMatchObject({
      Status: 3,
    });
    expect((await ask(cloudflare)).status).toBe(400);
  });

  async function markers(): Promise<readonly (string | undefined)[]> {
    return Promise.all(
      bed.edge.resolverUrls.map(async (url) => {
        const response = await ask(`${url}?name=_storage-failover.assets.example.com&type=TXT`);
        return /"data":("(?:[^"\\]|\\.)*")/
          .exec(await response.text())?.[1]
          ?.slice(1, -1)
          .replaceAll('\\"', '"');
      }),
    );
  }

  function ask(url: string, accept = "application/dns-json"): Promise<Response> {
    return fetch(url, { headers: { accept } });
  }
});

describe("the edge's process", () => {
  it("goes when it is stopped, twice if need be, and then says so", async () => {
    await bed.startWith();
    await bed.edge.stop();
    await bed.edge.stop();
    await expect(bed.edge.pools()).rejects.toThrow("the edge's process ended");
    await until(() => isRefused(bed.edge.port));
  });

  it("goes when its parent is killed", async () => {
    await bed.startWith();
    const orphan = await startInAnotherProcess();
    expect(await isRefused(orphan.port)).toBe(false);
    orphan.parent.kill("SIGKILL");
    await until(() => isRefused(orphan.port));
  });

  it("does not start with an origin that it cannot find", async () => {
    await bed.startWith();
    await expect(
      startEdge({
        plan: PRIMARY_FIRST,
        ports: {},
        speed: SPEED,
        origin: bed.began,
        onEvent: () => undefined,
      }),
    ).rejects.toThrow("no port is given for primary-origin.example.com");
  });

  async function startInAnotherProcess(): Promise<{ parent: ChildProcess; port: number }> {
    const script = `
      const { startEdge } = require("./drill/edge/start-edge");
      const settings = JSON.parse(process.argv[1]);
      startEdge({ ...settings, onEvent: () => undefined }).then((started) => console.log(started.port));
    `;
    const settings = {
      plan: PRIMARY_FIRST,
      ports: {
        "primary-origin.example.com": bed.origins.primary.port,
        "secondary-origin.example.com": bed.origins.secondary.port,
      },
      speed: SPEED,
      origin: bed.began,
    };
    const parent = spawn(process.execPath, ["--import", "tsx", "-e", script, JSON.stringify(settings)], {
      cwd: join(__dirname, "..", ".."),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line]: Buffer[] = await once(parent.stdout, "data");
    return { parent, port: Number(line?.toString()) };
  }

  function isRefused(port: number): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.on("connect", () => resolve(false)).on("error", () => resolve(true));
      socket.on("connect", () => socket.destroy());
    });
  }
});
