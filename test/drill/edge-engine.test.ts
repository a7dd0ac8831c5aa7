import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { STAMP_HEADER } from "../../contract/stamp";
import type { StoreName } from "../../contract/stores";
import type { EdgeEvent } from "../../drill/edge/edge-engine";
import { type EdgePlan, poolsOf, withPools } from "../../drill/edge/edge-plan";
import { readEdgePlan } from "../../drill/edge/read-edge-plan";
import { READER_REGION_HEADER } from "../../drill/edge/region-header";
import { type EdgeOptions, type RunningEdge, startEdge } from "../../drill/edge/start-edge";
import { createAuthority, EXPIRED, selfSignedCertificate } from "../../drill/gateway/certificates";
import type { CertificatePair } from "../../drill/gateway/gateway-messages";
import { monotonicMilliseconds } from "../../drill/machine/clock";

import { edgeStackJson } from "./edge-stack-fixture";
import { TestOrigin } from "./edge-test-origin";

/** One minute of the plan, its interval and its marker's time to live, passes in half a second. */
const SPEED = 120;
const INTERVAL_MILLISECONDS = 500;
/** A machine under load is late; this is long enough to tell late from never. */
const PATIENCE_MILLISECONDS = 15_000;
jest.setTimeout(4 * PATIENCE_MILLISECONDS);

const PRIMARY_FIRST = readEdgePlan(edgeStackJson("primary"));
const SECONDARY_FIRST = readEdgePlan(edgeStackJson("secondary"));

interface Read {
  readonly status: number;
  readonly store?: string;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

let origins: Record<StoreName, TestOrigin>;
let edge: RunningEdge;
let toStop: (() => Promise<void>)[];
let events: EdgeEvent[];
const began = monotonicMilliseconds();

beforeEach(async () => {
  origins = { primary: new TestOrigin("primary"), secondary: new TestOrigin("secondary") };
  events = [];
  toStop = [() => origins.primary.stop(), () => origins.secondary.stop()];
  await Promise.all([origins.primary.start(), origins.secondary.start()]);
});

afterEach(async () => {
  await Promise.all(toStop.map((stop) => stop()));
});

async function startWith(plan: EdgePlan = PRIMARY_FIRST, settings: Partial<EdgeOptions> = {}): Promise<void> {
  edge = await startEdge({
    plan,
    ports: {
      "primary-origin.example.com": origins.primary.port,
      "secondary-origin.example.com": origins.secondary.port,
    },
    speed: SPEED,
    origin: began,
    onEvent: (event) => events.push(event),
    ...settings,
  });
  toStop.push(() => edge.stop());
}

async function startHealthy(
  plan: EdgePlan = PRIMARY_FIRST,
  settings: Partial<EdgeOptions> = {},
): Promise<void> {
  await startWith(plan, settings);
  await until(async () => (await edge.pools()).every((pool) => pool.status === "healthy"));
  events.length = 0;
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = monotonicMilliseconds() + PATIENCE_MILLISECONDS;
  while (!(await condition())) {
    if (monotonicMilliseconds() > deadline) throw new Error("waited in vain");
    await sleep(10);
  }
}

async function read(
  path = "/a",
  options: { method?: string; body?: string; headers?: Record<string, string> } = {},
): Promise<Read> {
  const outgoing = request({
    port: edge.port,
    host: "127.0.0.1",
    path,
    agent: new Agent(),
    method: options.method ?? "GET",
    headers: { host: "assets.example.com", ...options.headers },
  });
  outgoing.end(options.body);
  const [response]: IncomingMessage[] = await once(outgoing, "response");
  if (response === undefined) throw new Error("no response");
  const chunks: Buffer[] = await response.toArray();
  return {
    status: response.statusCode ?? 0,
    store: response.headers["x-drill-store"]?.toString(),
    body: Buffer.concat(chunks).toString("latin1"),
    headers: response.headers,
  };
}

const readsComeFrom = (store: StoreName) => until(async () => (await read()).store === store);

const poolEvents = (store: StoreName) =>
  events
    .filter((event) => event.type === "pool" && event.store === store)
    .map((event) => event.type === "pool" && event.healthy);

describe("the edge while both stores are well", () => {
  it("asks the first pool under the origin's own host name, sets and hides headers as ruled, and rewrites the index", async () => {
    origins.primary.handler = (_incoming, outgoing) =>
      outgoing.writeHead(200, { [STAMP_HEADER]: "s", "x-amz-meta-kept": "k", etag: '"e"' }).end("page");
    await startHealthy({ ...PRIMARY_FIRST, requestHeaders: { Referer: "made-up" } });

    const { status, store, body, headers } = await read("/?a=1", { headers: { referer: "the reader's" } });

    expect({ status, store, body }).toEqual({ status: 200, store: "primary", body: "page" });
    expect(headers).toMatchObject({ "x-amz-meta-kept": "k", etag: '"e"' });
    expect(headers).not.toHaveProperty(STAMP_HEADER);
    expect(origins.primary.reads.at(-1)?.url).toBe("/index.html?a=1");
    expect(origins.primary.reads.at(-1)?.headers).toMatchObject({
      host: "primary-origin.example.com",
      referer: "made-up",
    });
    expect(origins.secondary.reads).toHaveLength(0);
  });

  it("passes bytes, ranges, conditional answers, HEAD, bodies and awkward paths through unchanged", async () => {
    const content = randomBytes(3_000_000);
    origins.primary.handler = (incoming, outgoing) => {
      if (incoming.headers["if-none-match"] === '"e"')
        return void outgoing.writeHead(304, { etag: '"e"' }).end();
      if (incoming.method === "PUT") return void incoming.pipe(outgoing);
      if (incoming.headers.range === "bytes=0-1")
        return void outgoing.writeHead(206, { "content-range": "bytes 0-1/2" }).end("ab");
      outgoing.writeHead(200, { "content-length": content.length });
      outgoing.end(incoming.method === "HEAD" ? undefined : content);
    };
    await startHealthy();

    expect((await read("/big")).body).toBe(content.toString("latin1"));
    expect(await read("/big", { headers: { range: "bytes=0-1" } })).toMatchObject({
      status: 206,
      body: "ab",
    });
    expect(await read("/big", { headers: { "if-none-match": '"e"' } })).toMatchObject({
      status: 304,
      body: "",
    });
    expect(await read("/big", { method: "HEAD" })).toMatchObject({
      body: "",
      headers: { "content-length": "3000000" },
    });
    expect(await read("/b%2Fc%20%F0%9F%8C%8D+'%22?x=%25", { method: "PUT", body: "body" })).toMatchObject({
      body: "body",
    });
    expect(origins.primary.reads.at(-1)?.url).toBe("/b%2Fc%20%F0%9F%8C%8D+'%22?x=%25");
  });

  it("keeps CORS and ranges whole, so that a download goes on at the other store where it stopped", async () => {
    const content = randomBytes(1000);
    for (const origin of Object.values(origins)) {
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
    await startHealthy();
    const rest = (from: number) =>
      read("/download", {
        headers: {
          range: `bytes=${from}-`,
          "if-range": '"the same at both"',
          origin: "https://app.example.org",
        },
      });

    const before = await rest(400);
    await origins.primary.stop();
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
    await startHealthy();
    const from = origins.secondary.probes.length;
    await until(() => origins.secondary.probes.length >= from + 6);

    const probe = origins.secondary.probes.at(-1);
    expect(probe).toMatchObject({ method: "GET", url: "/storage-failover-health.txt" });
    expect(probe?.headers).toMatchObject({ host: "secondary-origin.example.com" });
    expect(poolEvents("primary")).toEqual([]);
  });

  it("breaks off the reader's answer when the origin breaks off, and the origin's when the reader goes, begun or not", async () => {
    let gone: string[] = [];
    origins.primary.handler = (incoming, outgoing) => {
      outgoing.on("close", () => gone.push(incoming.url ?? ""));
      if (incoming.url === "/unanswered") return;
      // Without a length, only the missing end tells a reader that something is missing.
      outgoing.write("begun");
      if (incoming.url === "/broken") setTimeout(() => outgoing.destroy(), 20);
    };
    await startHealthy(PRIMARY_FIRST, { minimumTimeoutMilliseconds: 2 * PATIENCE_MILLISECONDS });
    await expect(read("/broken")).rejects.toMatchObject({ code: "ECONNRESET" });

    gone = [];
    const readers = ["/begun", "/unanswered"].map((path) =>
      request({ port: edge.port, host: "127.0.0.1", path, agent: new Agent() })
        .on("error", () => undefined)
        .end(),
    );
    await until(() => origins.primary.reads.length === 3);
    for (const reader of readers) reader.destroy();
    await until(() => gone.length === 2);
    expect(events).toEqual([]);
  });
});

describe("an outage", () => {
  it("answered with 503 is passed on unretried until the monitor notices within its interval, and reads return by themselves", async () => {
    await startHealthy();
    expect((await read()).store).toBe("primary");

    origins.primary.behaviour = "answers-503";
    const broken = monotonicMilliseconds() - began;
    expect(await read()).toMatchObject({ status: 503, store: "primary", body: "out of order" });
    await readsComeFrom("secondary");

    const down = events.find((event) => event.type === "pool");
    expect(down).toMatchObject({ store: "primary", healthy: false });
    const detection = (down?.at ?? 0) - broken;
    expect(detection).toBeGreaterThan(0);
    expect(detection).toBeLessThan(INTERVAL_MILLISECONDS + PATIENCE_MILLISECONDS / 3);

    origins.primary.behaviour = "well";
    await readsComeFrom("primary");
    expect(poolEvents("primary")).toEqual([false, true]);
    expect(events.filter((event) => event.type === "edge-retry")).toEqual([]);
  });

  it("met as a refused connection costs no read: the other pool is asked at once", async () => {
    await startHealthy();

    await origins.primary.stop();
    expect(await read()).toMatchObject({ status: 200, store: "secondary" });
    expect(events[0]).toMatchObject({ type: "edge-retry", from: "primary", to: "secondary", code: 521 });
    expect(await read("/a", { method: "POST", body: "not sent twice" })).toMatchObject({
      status: 521,
      store: undefined,
    });

    await until(() => poolEvents("primary").length === 1);
    expect(poolEvents("primary")).toEqual([false]);
    await origins.primary.start();
    await readsComeFrom("primary");
  });

  it("is not helped by another pool unless the plan allows failover across pools", async () => {
    await startHealthy({ ...PRIMARY_FIRST, failoverAcrossPools: false });
    await origins.primary.stop();
    expect((await read()).status).toBe(521);
  });

  it("met as a cut connection is 520, which is not retried", async () => {
    await startHealthy();
    origins.primary.behaviour = "resets";
    expect(await read()).toMatchObject({ status: 520, store: undefined });
    expect(origins.secondary.reads).toHaveLength(0);
  });

  it("of both stores sends readers to the fallback pool, whatever its health", async () => {
    await startHealthy(SECONDARY_FIRST);
    origins.primary.behaviour = "sick";
    origins.secondary.behaviour = "sick";
    await until(async () => (await edge.pools()).every((pool) => pool.status === "unhealthy"));

    expect(await read()).toMatchObject({ status: 200, store: "secondary" });
    await origins.secondary.stop();
    // The primary would answer; but no pool is healthy, so there is none to retry on.
    expect((await read()).status).toBe(521);
  });

  it("is what an origin with the other store's health object amounts to", async () => {
    origins.primary.behaviour = "wrong-store";
    await startWith();
    await readsComeFrom("secondary");
    expect(poolEvents("primary")).toEqual([false]);
  });

  it("met as silence is noticed after the time-out and its retries", async () => {
    await startHealthy(PRIMARY_FIRST, { minimumTimeoutMilliseconds: 100 });
    origins.primary.probes = [];
    origins.primary.behaviour = "hangs";
    await until(async () => (await edge.pools()).some((pool) => pool.status === "unhealthy"));

    // Two data centres of three decide; each has tried three times.
    expect(origins.primary.probes.length).toBeGreaterThanOrEqual(6);
  });
});

describe("origins over TLS", () => {
  const hostNames = ["primary-origin.example.com", "secondary-origin.example.com"];
  const authority = createAuthority();
  const tls = { ca: authority.certificate };
  const good = authority.issue({ hostNames });
  const expired = authority.issue({ hostNames, days: EXPIRED });
  const another = authority.issue({ hostNames: ["elsewhere.example.com"] });

  async function restart(store: StoreName, certificate?: CertificatePair): Promise<void> {
    await origins[store].stop();
    await origins[store].start(certificate);
  }

  beforeEach(async () => {
    await Promise.all([restart("primary", good), restart("secondary", good)]);
  });

  const cases: readonly (readonly [what: string, code: number, CertificatePair | undefined])[] = [
    ["whose certificate has expired", 526, expired],
    ["whose certificate is for another name", 526, another],
    ["whose certificate nobody vouches for", 526, selfSignedCertificate(hostNames)],
    ["that speak no TLS", 525, undefined],
  ];

  it.each(cases)("%s are %i: retried on the other pool, and noticed", async (_what, code, certificate) => {
    await startHealthy(PRIMARY_FIRST, { tls });
    expect(await read()).toMatchObject({ store: "primary", status: 200 });

    await restart("primary", certificate);
    origins.primary.reads.length = 0;
    expect(await read()).toMatchObject({ store: "secondary", status: 200 });
    expect(events[0]).toMatchObject({ type: "edge-retry", from: "primary", to: "secondary", code });
    expect((await read("/a", { method: "POST", body: "not sent twice" })).status).toBe(code);
    await until(() => poolEvents("primary").length === 1);
    expect(origins.primary.reads).toEqual([]);

    await restart("primary", good);
    await readsComeFrom("primary");
    expect(poolEvents("primary")).toEqual([false, true]);
  });

  it("are healthy to a monitor that takes any certificate, and to one of type http that asks without TLS", async () => {
    await restart("primary", expired);
    await restart("secondary");
    const plan = withPools(PRIMARY_FIRST, (pool) => ({
      ...pool,
      monitor: {
        ...pool.monitor,
        ...(pool.origin.name === "primary" ? { allowInsecure: true } : { type: "http" as const }),
      },
    }));
    await startHealthy(plan, { tls });
    expect(await read()).toMatchObject({ status: 525, store: undefined });
    expect(events).toMatchObject([{ type: "edge-retry", from: "primary", to: "secondary", code: 526 }]);
  });
});

describe("an origin's address", () => {
  it("without a record is 530, which is not retried, until the monitor notices", async () => {
    await startHealthy();
    await edge.removeAddress("primary-origin.example.com");
    expect(await read()).toMatchObject({ status: 530, store: undefined });
    await readsComeFrom("secondary");
    expect(events.map(({ type }) => type)).toEqual(["pool"]);

    await edge.restoreAddress("primary-origin.example.com");
    await readsComeFrom("primary");
    await expect(edge.removeAddress("elsewhere.example.com")).rejects.toThrow("no port is given");
  });

  it("may lead the probes of a region elsewhere than readers: what is broken there is one region's opinion", async () => {
    const path = new TestOrigin("primary");
    await path.start();
    toStop.push(() => path.stop());
    const plan = withPools(PRIMARY_FIRST, (pool) => ({ ...pool, checkRegions: ["WEU", "EEU", "OC"] }));
    await startHealthy(plan, {
      ports: {
        "primary-origin.example.com": { default: origins.primary.port, regions: { OC: path.port } },
        "secondary-origin.example.com": { default: origins.secondary.port },
      },
    });
    await path.stop();
    await until(async () => (await edge.pools())[0]?.regions.OC === "unhealthy");
    expect(await edge.pools()).toMatchObject([
      { store: "primary", status: "healthy", regions: { WEU: "healthy", EEU: "healthy" } },
      { store: "secondary", status: "healthy", regions: { OC: "healthy" } },
    ]);
    expect(await read()).toMatchObject({ store: "primary", status: 200 });
    expect(path.reads).toEqual([]);
    expect(events).toEqual([]);
  });
});

describe("a reader's region", () => {
  it("decides on the list of pools, and is not told to origins", async () => {
    const regionPools = { OC: [...PRIMARY_FIRST.defaultPools].reverse() };
    await startHealthy({ ...PRIMARY_FIRST, regionPools });
    const from = (region: string) => read("/a", { headers: { [READER_REGION_HEADER]: region } });

    expect((await from("OC")).store).toBe("secondary");
    expect((await from("WEU")).store).toBe("primary");
    expect((await read()).store).toBe("primary");
    for (const { reads } of Object.values(origins))
      expect(reads.at(-1)?.headers).not.toHaveProperty(READER_REGION_HEADER);
  });
});

describe("a change by hand", () => {
  it("disables a pool: no traffic, no probes, until it is enabled and looked at anew", async () => {
    await startHealthy();
    await edge.setPool("assets-primary", { enabled: false });
    await readsComeFrom("secondary");
    origins.primary.probes = [];
    await sleep(2 * INTERVAL_MILLISECONDS);
    expect(origins.primary.probes).toEqual([]);
    expect((await edge.pools())[0]).toMatchObject({ store: "primary", enabled: false, status: "unhealthy" });

    await edge.setPool("assets-primary", { enabled: true });
    await readsComeFrom("primary");
    await expect(edge.setPool("elsewhere", { enabled: true })).rejects.toThrow("the plan has no pool");
  });

  it("turns the order around without touching the marker", async () => {
    await startHealthy();
    await edge.setOrder({
      defaultPools: ["assets-secondary", "assets-primary"],
      fallbackPool: "assets-secondary",
    });
    await readsComeFrom("secondary");
    const [resolver] = edge.resolverUrls;
    const answer = await fetch(`${resolver}?name=_storage-failover.assets.example.com&type=TXT`, {
      headers: { accept: "application/dns-json" },
    });
    expect(await answer.json()).toMatchObject({ Answer: [{ data: '"active=primary"' }] });
    expect(events).toEqual([]);
  });
});

describe("a flip", () => {
  it("by another plan turns the order around, keeps what is known of the pools, and moves the marker", async () => {
    await startHealthy();
    expect((await read()).store).toBe("primary");
    expect(await markers()).toEqual(['"active=primary"', '"active=primary"']);

    await edge.applyPlan(SECONDARY_FIRST);
    expect((await edge.pools()).map((pool) => [pool.store, pool.status])).toEqual([
      ["secondary", "healthy"],
      ["primary", "healthy"],
    ]);
    await readsComeFrom("secondary");
    await until(async () => (await markers()).every((marker) => marker === '"active=secondary"'));
    expect(events).toEqual([]);

    await origins.secondary.stop();
    expect((await read()).store).toBe("primary");
  });

  it("looks anew at a pool whose monitor or origin changed, and forgets pools that are gone", async () => {
    await startHealthy();
    const [primary, secondary] = poolsOf(PRIMARY_FIRST);
    if (primary === undefined || secondary === undefined) throw new Error("the plan has two pools");
    const strict = { ...secondary, monitor: { ...secondary.monitor, expectedBody: "something else" } };

    await edge.applyPlan({ ...PRIMARY_FIRST, defaultPools: [primary, strict] });
    await until(() => poolEvents("secondary").length > 0);
    expect(poolEvents("secondary")).toEqual([false]);

    await edge.applyPlan({ ...PRIMARY_FIRST, defaultPools: [primary] });
    const before = origins.secondary.probes.length;
    await sleep(2 * INTERVAL_MILLISECONDS);
    expect(origins.secondary.probes.length).toBe(before);
    expect((await edge.pools()).map((pool) => pool.store)).toEqual(["primary"]);
  });

  it("refuses a plan with an origin that it cannot find, and goes on with the old one", async () => {
    await startHealthy();
    const [primary] = poolsOf(PRIMARY_FIRST);
    if (primary === undefined) throw new Error("the plan has two pools");
    const moved = { ...primary, origin: { ...primary.origin, address: "elsewhere.example.com" } };

    await expect(
      edge.applyPlan({ ...PRIMARY_FIRST, defaultPools: [moved], fallbackPool: moved }),
    ).rejects.toThrow("no port is given for elsewhere.example.com");
    expect((await read()).store).toBe("primary");
  });

  it("is announced by resolvers that keep the old answer for its time to live", async () => {
    await startWith();
    expect(await markers()).toEqual(['"active=primary"', '"active=primary"']);

    const published = monotonicMilliseconds();
    await edge.publishMarker({ active: "primary", writesPaused: true });
    const paused = '"active=primary;writes=paused"';
    const seen = await markers();
    // On a machine so slow that the time to live has passed by now, there is nothing to see.
    if (monotonicMilliseconds() - published < INTERVAL_MILLISECONDS)
      expect(seen).toEqual(['"active=primary"', '"active=primary"']);
    await until(async () => (await markers()).every((marker) => marker === paused));
    expect((await edge.pools())[0]?.store).toBe("primary");
  });

  it("is asked for as of the public resolvers", async () => {
    await startWith();
    const [cloudflare, google] = edge.resolverUrls;
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
      edge.resolverUrls.map(async (url) => {
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
    await startWith();
    await edge.stop();
    await edge.stop();
    await expect(edge.pools()).rejects.toThrow("the edge's process ended");
    await until(() => isRefused(edge.port));
  });

  it("goes when its parent is killed", async () => {
    await startWith();
    const orphan = await startInAnotherProcess();
    expect(await isRefused(orphan.port)).toBe(false);
    orphan.parent.kill("SIGKILL");
    await until(() => isRefused(orphan.port));
  });

  it("does not start with an origin that it cannot find", async () => {
    await startWith();
    await expect(
      startEdge({ plan: PRIMARY_FIRST, ports: {}, speed: SPEED, origin: began, onEvent: () => undefined }),
    ).rejects.toThrow("no port is given for primary-origin.example.com");
  });

  async function startInAnotherProcess(): Promise<{ parent: ChildProcess; port: number }> {
    const script = `
      const { startEdge } = require("./drill/edge/start-edge");
      const settings = JSON.parse(process.argv[1]);
      startEdge({ ...settings, onEvent: () => undefined }).then((edge) => console.log(edge.port));
    `;
    const settings = {
      plan: PRIMARY_FIRST,
      ports: {
        "primary-origin.example.com": origins.primary.port,
        "secondary-origin.example.com": origins.secondary.port,
      },
      speed: SPEED,
      origin: began,
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
