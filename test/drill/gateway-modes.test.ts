import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { Agent as HttpsAgent, get as httpsGet } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from "@jest/globals";
import fc from "fast-check";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import { createAuthority, EXPIRED } from "../../drill/gateway/certificates";
import { ExchangeFollower } from "../../drill/gateway/exchange-follower";
import { type StoreGateway, startGateway } from "../../drill/gateway/store-gateway";
import { startEmbeddedStore } from "../../drill/local-cloud/embedded-store";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import { close, listen } from "../../drill/machine/loopback-server";
import type { ObjectClient } from "../../lambda/s3/object-client";
import type { ObjectClientOptions } from "../../lambda/s3/object-client-options";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { plainRequest } from "../support/anonymous-reads";
import { optionsFor } from "../support/opened-store";

// Processes are started; a busy machine takes its time over that.
jest.setTimeout(60_000);

const ORIGIN_HOST = "assets.example.test";
const BODY = Buffer.from("0123456789".repeat(20_000));
const QUICK_SECONDS = 0.4;

let folder: string;
let store: RunningStore;
let gateway: StoreGateway;
let client: ObjectClient;

function open(options: Partial<ObjectClientOptions> = {}): ObjectClient {
  return openObjectClient("thin", optionsFor({ ...store, port: gateway.port }, options));
}

/** Replication's own client, through the gateway. */
function put(key: string, body = BODY) {
  return client.put(key, {
    body,
    size: body.length,
    contentMd5: createHash("md5").update(body).digest("base64"),
    headers: { metadata: { note: "kept" } },
    condition: { absent: true },
  });
}

async function read(key: string): Promise<Buffer> {
  return buffer((await client.get(key)).body);
}

/** As the edge reads. */
function readPlainly(key: string) {
  return plainRequest(gateway.port, "GET", ORIGIN_HOST, `/${key}`);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "gateway-modes-"));
  const names = { storeName: "secondary", bucketName: "assets", originHost: ORIGIN_HOST } as const;
  store = await startEmbeddedStore({ ...names, region: "us-east-1", folder: join(folder, "store") });
  gateway = await startGateway({ targetPort: store.port });
  client = open();
  await put("present");
  await put(HEALTH_KEY, Buffer.from(healthBody("secondary")));
});

afterEach(async () => {
  await gateway.pass();
  // Whatever a mode did to the way, it does no longer; and what the store holds was never touched.
  expect((await read("present")).equals(BODY)).toBe(true);
});

afterAll(async () => {
  client.close();
  await gateway.stop();
  await store.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("a gateway between a real client and a real store", () => {
  it.each([
    [500, "InternalError", "server-error"],
    [503, "ServiceUnavailable", "server-error"],
    [403, "AccessDenied", "access-denied"],
    [429, "SlowDown", "throttled"],
  ])("answers %i to everything, in S3's words", async (status, code, kind) => {
    await gateway.become({ kind: "answers", status });

    await expect(put(`refused-${status}`)).rejects.toMatchObject({ kind });
    await expect(client.list()).rejects.toMatchObject({ kind });
    expect(await readPlainly(HEALTH_KEY)).toMatchObject({
      status,
      body: expect.stringContaining(`<Error><Code>${code}</Code>`),
    });
  });

  it("answers a client of AWS's JSON protocol in JSON", async () => {
    await gateway.become({ kind: "answers", status: 500 });

    const answer = await fetch(`http://127.0.0.1:${gateway.port}/`, {
      method: "POST",
      headers: { "x-amz-target": "secretsmanager.GetSecretValue" },
      body: "{}",
    });

    expect(answer.status).toBe(500);
    expect(await answer.json()).toMatchObject({ __type: "InternalError" });
  });

  it("hangs: takes connections and requests and never answers, what was under way included", async () => {
    const impatient = open({ requestTimeoutSeconds: QUICK_SECONDS });
    // Opens a connection while all is well; it is kept.
    await impatient.head("present");
    await gateway.become({ kind: "hangs" });

    await expect(impatient.head("present")).rejects.toMatchObject({ kind: "timeout" });
    await expect(impatient.head("present")).rejects.toMatchObject({ kind: "timeout" });
    impatient.close();
  });

  it("hangs: what it was passing on stands still, and is not cut", async () => {
    const before = await gateway.connections("pass");
    const socket = connect({ host: "127.0.0.1", port: gateway.port });
    let heard = "";
    for (const event of ["data", "end", "close"]) socket.on(event, () => (heard = event));
    socket.write("GET /present HTTP/1.1\r\n");
    await untilPassedOn(before);

    await gateway.become({ kind: "hangs" });
    socket.write(`host: ${ORIGIN_HOST}\r\n\r\n`);

    await delay(QUICK_SECONDS * 1000);
    expect(heard).toBe("");
    socket.destroy();
  });

  it("lets go of what hung when anything else begins", async () => {
    await gateway.become({ kind: "hangs" });
    const hanging = expect(client.head("present")).rejects.toMatchObject({ kind: "unreachable" });
    while ((await gateway.connections("hangs")) === 0) await delay(5);

    await gateway.become({ kind: "slow", seconds: 0 });

    await hanging;
  });

  it("is slow: the right answers, each later than it was told to be", async () => {
    await gateway.become({ kind: "slow", seconds: QUICK_SECONDS });
    const began = performance.now();

    const body = await read("present");

    expect(body.equals(BODY)).toBe(true);
    expect(performance.now() - began).toBeGreaterThanOrEqual(QUICK_SECONDS * 1000);
    expect((await readPlainly("present")).body).toBe(BODY.toString());
  });

  it("throttles what exceeds the rate, and lets through what keeps to it", async () => {
    await gateway.become({ kind: "throttled", requestsPerSecond: 5 });

    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => client.head("present")));

    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    expect(outcomes.length - refused.length).toBeGreaterThanOrEqual(5);
    const answer = await untilRefused(() => readPlainly("present"));
    expect(answer).toMatchObject({ status: 503, body: expect.stringContaining("<Code>SlowDown</Code>") });
    // The rate is one a second and more: whoever waits is served.
    await delay(1100);
    expect((await readPlainly("present")).status).toBe(200);
  });

  it("answers so many requests at once, and refuses what comes beside them", async () => {
    await gateway.become({ kind: "crowded", requestsAtOnce: 3 });

    const outcomes = await Promise.allSettled(Array.from({ length: 30 }, () => client.head("present")));

    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    expect(outcomes.length - refused.length).toBeGreaterThanOrEqual(3);
    // One after the other nobody is refused.
    for (let index = 0; index < 10; index += 1) expect(await client.head("present")).toBeDefined();
  });

  it("gives the health object another body, and nothing else", async () => {
    await gateway.become({ kind: "wrong-health-body" });

    const health = await readPlainly(HEALTH_KEY);
    expect(health.status).toBe(200);
    expect(health.body).not.toContain("healthy");
    expect((await read("present")).equals(BODY)).toBe(true);
    await put("written with a wrong health body");
  });

  it("breaks the data path, and keeps the health object well", async () => {
    await gateway.become({ kind: "data-path-broken" });

    expect(await readPlainly(HEALTH_KEY)).toMatchObject({ status: 200, body: healthBody("secondary") });
    expect((await readPlainly("present")).status).toBe(500);
    await expect(client.list()).rejects.toMatchObject({ kind: "server-error" });
  });

  it.each([10, -10])("shifts the store's clock by %i minutes, in headers and listings", async (minutes) => {
    const before = await client.list();
    const headBefore = await client.head("present");
    await gateway.become({ kind: "clock-skewed", minutes });

    const { objects, serverDate } = await client.list();

    const shift = minutes * 60_000;
    expect(objects.map((one) => one.lastModified.getTime() - shift)).toEqual(
      before.objects.map((one) => one.lastModified.getTime()),
    );
    expect(objects.map((one) => [one.key, one.etag])).toEqual(
      before.objects.map((one) => [one.key, one.etag]),
    );
    expect(Math.abs(serverDate.getTime() - shift - Date.now())).toBeLessThan(60_000);
    expect((await client.head("present"))?.lastModified).toEqual(
      new Date((headBefore?.lastModified.getTime() ?? 0) + shift),
    );
    expect((await read("present")).equals(BODY)).toBe(true);
  });

  it("shifts no byte of an object, whatever it is called", async () => {
    const body = Buffer.concat([Buffer.from("<LastModified>2024-01-01</LastModified>"), randomBytes(500)]);
    await client.put("sheet", {
      body,
      size: body.length,
      contentMd5: createHash("md5").update(body).digest("base64"),
      headers: { contentType: "application/vnd.openxmlformats-officedocument", metadata: {} },
      condition: { absent: true },
    });

    await gateway.become({ kind: "clock-skewed", minutes: 10 });

    expect((await read("sheet")).equals(body)).toBe(true);
  });

  it("refuses signatures of a clock too far from the store's, as S3 does", async () => {
    await gateway.become({ kind: "clock-skewed", minutes: 20 });

    await expect(client.list()).rejects.toMatchObject({ kind: "clock-skew" });
    expect((await readPlainly("present")).status).toBe(200);
  });

  it("cuts a share of the exchanges, the same ones for the same seed", async () => {
    const outcomes = async (seed: number) => {
      await gateway.become({ kind: "cut", share: 0.5, seed });
      const seen: string[] = [];
      for (let index = 0; index < 12; index += 1) {
        const body = await readPlainly("present").then(
          (answer) => answer.body,
          () => "cut",
        );
        seen.push(body === BODY.toString() ? "whole" : "cut");
      }
      await gateway.pass();
      return seen;
    };

    const first = await outcomes(1);

    expect(new Set(first)).toEqual(new Set(["whole", "cut"]));
    expect(await outcomes(1)).toEqual(first);
    expect(await outcomes(2)).not.toEqual(first);
  });

  it("cuts an upload half way: the store acknowledges nothing and holds nothing", async () => {
    await gateway.become({ kind: "cut", share: 1, seed: 1 });

    await expect(put("half")).rejects.toMatchObject({ kind: "unreachable" });

    await gateway.pass();
    expect(await client.head("half")).toBeUndefined();
  });

  it("lets an exchange come to its end, and meets the connection's next request with the new mode", async () => {
    const before = await gateway.connections("pass");
    const socket = connect({ host: "127.0.0.1", port: gateway.port });
    let received = "";
    socket.on("data", (bytes: Buffer) => {
      received += bytes.toString();
    });
    const head = `GET /present HTTP/1.1\r\nhost: ${ORIGIN_HOST}\r\n\r\n`;
    socket.write(head.slice(0, 20));
    await untilPassedOn(before);

    await gateway.become({ kind: "data-path-broken" });
    socket.write(head.slice(20));

    // Answered by the store, as before.
    while (!received.endsWith(BODY.toString())) await delay(5);
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    socket.write(head);
    await once(socket, "end");
    expect(received).toMatch(/HTTP\/1\.1 500 [\s\S]*<Code>InternalError/);
    socket.destroy();
  });

  it("vanishes: an attempt to connect gets no answer at all, until it is back", async () => {
    await gateway.vanish();
    const socket = connect({ host: "127.0.0.1", port: gateway.port });
    let heard = "";
    socket.on("connect", () => {
      heard = "connected";
    });
    socket.on("error", (error) => {
      heard = error.message;
    });
    await delay(QUICK_SECONDS * 1000);
    expect(heard).toBe("");
    socket.destroy();

    await gateway.restart();
    expect((await readPlainly("present")).status).toBe(200);
  });
});

describe("a gateway in front of a resolver", () => {
  it("makes it name the other store", async () => {
    const server = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "application/dns-json" });
      response.end('{"Answer":[{"data":"\\"active=primary;writes=open\\""}]}');
    });
    await listen(server);
    const resolver = await startGateway({ targetPort: (server.address() as AddressInfo).port });
    try {
      await resolver.become({ kind: "disagrees" });
      expect((await plainRequest(resolver.port, "GET", "resolver", "/resolve?name=x")).body).toContain(
        "active=secondary;writes=open",
      );
      await resolver.pass();
      expect((await plainRequest(resolver.port, "GET", "resolver", "/resolve?name=x")).body).toContain(
        "active=primary;writes=open",
      );
    } finally {
      await resolver.stop();
      await close(server);
    }
  });
});

describe("a gateway that speaks TLS", () => {
  const authority = createAuthority();
  let secured: StoreGateway;

  beforeAll(async () => {
    const certificate = authority.issue({ hostNames: [ORIGIN_HOST] });
    secured = await startGateway({ targetPort: store.port, certificate });
  });

  afterAll(() => secured.stop());

  function readSecurely(): Promise<string> {
    const agent = new HttpsAgent({ ca: authority.certificate, keepAlive: false });
    const options = { agent, servername: ORIGIN_HOST, headers: { host: ORIGIN_HOST } };
    return new Promise((resolve, reject) => {
      httpsGet(`https://127.0.0.1:${secured.port}/present`, options, (answer) => {
        buffer(answer).then((body) => resolve(body.toString()), reject);
      }).on("error", reject);
    });
  }

  it("shows certificates that are valid, expired, or another host's", async () => {
    expect(await readSecurely()).toBe(BODY.toString());

    await secured.showCertificate(authority.issue({ hostNames: [ORIGIN_HOST], days: EXPIRED }));
    await expect(readSecurely()).rejects.toMatchObject({ code: "CERT_HAS_EXPIRED" });

    await secured.showCertificate(authority.issue({ hostNames: ["other.example.test"] }));
    await expect(readSecurely()).rejects.toMatchObject({ code: "ERR_TLS_CERT_ALTNAME_INVALID" });

    await secured.showCertificate(createAuthority().issue({ hostNames: [ORIGIN_HOST] }));
    await expect(readSecurely()).rejects.toThrow(/certificate/);

    await secured.showCertificate(authority.issue({ hostNames: [ORIGIN_HOST] }));
    await secured.become({ kind: "slow", seconds: 0.05 });
    expect(await readSecurely()).toBe(BODY.toString());
  });

  it("has no certificate to change where it speaks plainly", async () => {
    await expect(gateway.showCertificate(authority.issue())).rejects.toThrow("does not speak TLS");
  });
});

describe("following a connection's bytes", () => {
  const answers = fc.oneof(
    fc.record({ method: fc.constantFrom("GET", "PUT"), answer: fc.nat(300).map(withLength) }),
    fc.record({ method: fc.constant("GET"), answer: fc.array(fc.integer({ min: 1, max: 40 })).map(chunked) }),
    fc.constantFrom(
      { method: "HEAD", answer: "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" },
      { method: "DELETE", answer: "HTTP/1.1 204 No Content\r\n\r\n" },
      { method: "GET", answer: "HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n" },
      { method: "PUT", answer: `HTTP/1.1 100 Continue\r\n\r\n${withLength(3)}` },
    ),
  );

  it("knows at every byte whether an exchange is under way, however the bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(answers, { minLength: 1 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
        (exchanges, cuts) => {
          const follower = new ExchangeFollower();
          for (const { method, answer } of exchanges) {
            follower.sent(Buffer.from(`${method} / HTTP/1.1\r\n\r\n`));
            for (let at = 0; at < answer.length; ) {
              expect(follower.underWay).toBe(true);
              const size = cuts.next().value ?? 1;
              follower.answered(Buffer.from(answer.slice(at, at + size)));
              at += size;
            }
            expect(follower.underWay).toBe(false);
          }
        },
      ),
      { seed: 6, numRuns: 300 },
    );
  });
});

function withLength(length: number): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(length)}`;
}

function chunked(sizes: readonly number[]): string {
  const chunks = sizes.map((size) => `${size.toString(16)}\r\n${"0".repeat(size)}\r\n`);
  return `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunks.join("")}0\r\n\r\n`;
}

/** Another connection than those before has been accepted, and what it sent has arrived. */
async function untilPassedOn(before: number): Promise<void> {
  while ((await gateway.connections("pass")) === before) await delay(5);
  await delay(50);
}

async function untilRefused<Answer extends { readonly status: number | undefined }>(
  ask: () => Promise<Answer>,
): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer.status !== 200) return answer;
  }
}
