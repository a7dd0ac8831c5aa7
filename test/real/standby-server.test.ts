import { gzipSync } from "node:zlib";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { STALE_HEADER } from "../../contract/stale-header";
import { HEALTH_KEY, healthBody, STATE_PREFIX } from "../../contract/state-keys";
import { plainRequest } from "../support/anonymous-reads";
import { describeStandby } from "../support/standby-server/describe-standby";
import type { OriginRequest } from "../support/standby-server/origin-requests";
import { StandbyServer } from "../support/standby-server/standby-server";
import { BUCKET, EDGE_ADDRESS, ORIGIN_HOST } from "../support/standby-server/throw-away-root";

const SERVER_MILLISECONDS = 180_000;
const STRANGER_ADDRESS = "127.0.0.3";

/** Not real ones: long enough, and of the right letters. */
const secretOf = (name: string) => `${name}-`.repeat(6).slice(0, 24);

const gzipped = gzipSync("stored packed ".repeat(1000));

const ODD_KEYS = [
  "odd/two  spaces.txt",
  "odd/plus+percent%.txt",
  "odd/literal%2Fslash%20.txt",
  "odd/question?mark#hash&x=1;y.txt",
  "odd/Ünïcödé-日本語-🎈.txt",
  "odd/quotes'\"<>*!().txt",
  "odd/..dots..",
];

const encoded = (key: string) =>
  `/${key
    .split("/")
    .map((segment) =>
      encodeURIComponent(segment).replaceAll(
        /[!'()*]/g,
        (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    )
    .join("/")}`;

/** Everybody's reads of a server that has been provisioned, with real objects in it. */
async function startFilled(
  programs: Parameters<Parameters<typeof describeStandby>[1]>[0],
  requireOriginSecret: boolean,
) {
  const server = await StandbyServer.prepare({ programs, provisioning: { requireOriginSecret } });
  try {
    await server.mustBoot();
    const client = new S3Client({
      endpoint: `http://127.0.0.1:${server.ports.server}`,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: server.rootCredentials,
      requestChecksumCalculation: "WHEN_REQUIRED",
    });
    const put = (Key: string, Body: string | Buffer, more: object = {}) =>
      client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body, ...more }));
    await put("a/page.html", "first", { ContentType: "text/html" });
    await put("a/page.html", "<p>page</p>", { ContentType: "text/html", CacheControl: "max-age=60" });
    await put("packed.txt", gzipped, { ContentType: "text/plain", ContentEncoding: "gzip" });
    await put(`${STATE_PREFIX}epoch.json`, "state");
    for (const key of ODD_KEYS) await put(key, `body of ${key}`);
    client.destroy();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

describeStandby("the secondary, provisioned for real, to its readers", (programs) => {
  let server: StandbyServer;
  beforeAll(async () => {
    server = await startFilled(programs, false);
  }, SERVER_MILLISECONDS);
  afterAll(() => server?.stop(), SERVER_MILLISECONDS);

  const send = (request: OriginRequest) => server.request(request);

  it("serves the health object that the monitor expects, over TLS", async () => {
    const { status, body, headers } = await send({ path: `/${HEALTH_KEY}` });

    expect({ status, body }).toEqual({ status: 200, body: healthBody("secondary") });
    expect(headers).toMatchObject({ "content-type": "text/plain", "cache-control": "no-store" });
  });

  it("answers plain HTTP with the way to TLS and nothing else", async () => {
    const { status, headers, body } = await plainRequest(
      server.ports.http,
      "GET",
      ORIGIN_HOST,
      "/a/page.html",
    );

    expect({ status, body }).toEqual({ status: 308, body: "" });
    expect(headers.location).toMatch(/^https:\/\/assets-standby\.example\.com/);
  });

  it("serves an object at its own path, with its headers, to GET and HEAD", async () => {
    const headers = { "content-type": "text/html", "cache-control": "max-age=60", "content-length": "11" };

    expect(await send({ path: "/a/page.html" })).toMatchObject({ status: 200, body: "<p>page</p>", headers });
    expect(await send({ path: "/a/page.html", method: "HEAD" })).toMatchObject({
      status: 200,
      body: "",
      headers,
    });
  });

  it("serves ranges and says when nothing has changed", async () => {
    const whole = await send({ path: "/a/page.html" });
    const etag = String(whole.headers.etag);

    expect(await send({ path: "/a/page.html", headers: { range: "bytes=3-6" } })).toMatchObject({
      status: 206,
      body: "page",
      headers: { "content-range": "bytes 3-6/11" },
    });
    expect((await send({ path: "/a/page.html", headers: { "if-none-match": etag } })).status).toBe(304);
  });

  it.each(ODD_KEYS)("finds the key %s", async (key) => {
    expect(await send({ path: encoded(key) })).toMatchObject({ status: 200, body: `body of ${key}` });
  });

  it.each([[undefined], ["gzip"], ["identity"]])(
    "serves what is stored packed as it is stored, to readers that accept %s",
    async (accepted) => {
      const headers: Record<string, string> = accepted === undefined ? {} : { "accept-encoding": accepted };

      const answer = await send({ path: "/packed.txt", headers });

      expect(answer.headers).toMatchObject({
        "content-encoding": "gzip",
        "content-length": String(gzipped.length),
      });
      expect(answer.bytes.equals(gzipped)).toBe(true);
    },
  );

  it("says the same of a missing key as S3 does to those who may not list, and nothing more", async () => {
    for (const path of ["/missing.txt", "/a/", "/a", "/a/page.html/below"]) {
      for (const method of ["GET", "HEAD"]) {
        const answer = await send({ path, method });
        expect([path, answer.status, answer.body]).toEqual([path, 403, ""]);
        expect(Object.keys(answer.headers).filter((name) => name.startsWith("x-amz-"))).toEqual([]);
      }
    }
  });

  it.each([
    ["the listing", "/"],
    ["the listing, with a query", "/?list-type=2"],
    ["the listing by the bucket's name", `/${BUCKET}`],
    ["the listing by the bucket's name and a slash", `/${BUCKET}/?list-type=2`],
    ["old versions", "/?versions"],
    ["the console", "/minio/"],
    ["the server's health", "/minio/health/live"],
    ["metrics", "/minio/v2/metrics/cluster"],
    ["the administration", "/minio/admin/v3/info"],
    ["replication's state", `/${STATE_PREFIX}epoch.json`],
    ["replication's state, escaped", "/%2Estorage-failover%2Fepoch.json"],
    ["replication's state, behind two slashes", `//${STATE_PREFIX}epoch.json`],
    ["replication's state, behind a dot segment", `/./${STATE_PREFIX}epoch.json`],
    ["replication's state, around a corner", `/a/../${STATE_PREFIX}epoch.json`],
    ["replication's state, around an escaped corner", `/a/%2e%2e/${STATE_PREFIX}epoch.json`],
    ["replication's state, behind a backslash", `/%5C${STATE_PREFIX}epoch.json`],
    ["replication's state, around a backslash corner", `/a/%5C..%5C..%5C${STATE_PREFIX}epoch.json`],
    ["replication's state, by the bucket's name", `/${BUCKET}/${STATE_PREFIX}epoch.json`],
    ["another bucket", "/../other/key"],
    ["another bucket, around a corner", "/a/../../other/key"],
    ["another bucket, escaped", "/%2e%2e%2fother%2fkey"],
    ["an object around a corner", "/x/../a/page.html"],
    ["a key with a NUL", "/a%00b"],
  ])("does not show %s", async (_, path) => {
    for (const method of ["GET", "HEAD"]) {
      const { status, body } = await send({ path, method });
      expect({ method, status, body }).toEqual({ method, status: 403, body: "" });
    }
  });

  it.each(["PUT", "POST", "DELETE", "OPTIONS", "PATCH"])("refuses %s without a signature", async (method) => {
    expect((await send({ path: "/a/page.html", method, body: "x" })).status).toBe(405);
    expect((await send({ path: "/a/page.html" })).body).toBe("<p>page</p>");
  });

  it("serves strangers nothing, whatever they say of where they come from", async () => {
    for (const claim of ["x-forwarded-for", "cf-connecting-ip", "x-real-ip", "forwarded"]) {
      const headers = { [claim]: EDGE_ADDRESS };
      expect(await send({ path: "/a/page.html", from: STRANGER_ADDRESS, headers })).toMatchObject({
        status: 403,
        body: "",
      });
    }
  });

  it.each<[string, OriginRequest]>([
    ["a bearer token", { path: "/a/page.html", headers: { authorization: "Bearer AWS4-HMAC-SHA256 " } }],
    [
      "a signature of the second version",
      { path: "/a/page.html", headers: { authorization: "AWS user:signature" } },
    ],
    [
      "two authorizations of which the first is none",
      { path: "/a/page.html", headers: { authorization: ["Bearer x", "AWS4-HMAC-SHA256 Credential=x"] } },
    ],
    ["a signature in the query", { path: "/a/page.html?X-Amz-Signature=x&X-Amz-Algorithm=AWS4-HMAC-SHA256" }],
    ["a security token", { path: "/a/page.html", headers: { "x-amz-security-token": "x" } }],
    ["a version", { path: "/a/page.html?versionId=00000000-0000-0000-0000-000000000000" }],
    ["headers to answer with", { path: "/a/page.html?response-content-type=text/x-other" }],
    ["tags", { path: "/a/page.html?tagging" }],
    ["a look into an archive", { path: "/a/page.html", headers: { "x-minio-extract": "true" } }],
  ])(
    "takes a request with %s for one without: it gets the object, or from elsewhere nothing",
    async (_, request) => {
      const known = await send(request);
      const stranger = await send({ ...request, from: STRANGER_ADDRESS });

      expect(known).toMatchObject({
        status: 200,
        body: "<p>page</p>",
        headers: { "content-type": "text/html" },
      });
      expect(stranger).toMatchObject({ status: 403, body: "" });
    },
  );

  it("answers a signature that does not verify with a refusal, not with the object", async () => {
    const authorization =
      "AWS4-HMAC-SHA256 Credential=nobody/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

    for (const path of [
      `/${BUCKET}/a/page.html`,
      `/${BUCKET}/${STATE_PREFIX}epoch.json`,
      "/minio/admin/v3/info",
    ]) {
      const { status, body } = await send({ path, headers: { authorization } });
      expect([path, [400, 403].includes(status ?? 0)]).toEqual([path, true]);
      expect(body).not.toMatch(/<p>page|^state$/);
    }
  });

  it.each(["STREAMING-UNSIGNED-PAYLOAD-TRAILER", "streaming-unsigned-payload-trailer"])(
    "refuses bodies that no signature covers: %s",
    async (payload) => {
      const { accessKeyId } = server.rootCredentials;
      const { status, body } = await send({
        path: `/${BUCKET}/unsigned.txt`,
        method: "PUT",
        body: "0\r\n\r\n",
        headers: {
          authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0`,
          "x-amz-content-sha256": payload,
          "x-amz-decoded-content-length": "0",
        },
      });

      expect({ status, body }).toEqual({ status: 403, body: "" });
      expect((await send({ path: "/unsigned.txt" })).status).toBe(403);
    },
  );
});

describeStandby("the secondary that is behind", (programs) => {
  let server: StandbyServer;
  beforeAll(async () => {
    server = await startFilled(programs, false);
  }, SERVER_MILLISECONDS);
  afterAll(() => server?.stop(), SERVER_MILLISECONDS);

  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
  const journal = (epoch: number, active: string) => ({ epoch, active, since: ago(9000), by: "a test" });
  const progress = (epoch: number, secondsAgo: number) => ({
    epoch,
    source: "one",
    destination: "other",
    watermark: ago(secondsAgo),
    syncPoint: ago(secondsAgo),
    // Keys may be called whatever their writers like.
    suspects: ['","syncPoint":"2001-01-01T00:00:00.000Z', "epoch"],
  });

  /** Puts replication's notes there, as it writes them, and has them looked at. */
  async function noted(notes: Readonly<Record<string, unknown>>): Promise<void> {
    const client = new S3Client({
      endpoint: `http://127.0.0.1:${server.ports.server}`,
      region: "us-east-1",
      forcePathStyle: true,
      credentials: server.rootCredentials,
      requestChecksumCalculation: "WHEN_REQUIRED",
    });
    for (const [name, note] of Object.entries(notes)) {
      const Body = typeof note === "string" ? note : `${JSON.stringify(note)}\n`;
      await client.send(new PutObjectCommand({ Bucket: BUCKET, Key: `${STATE_PREFIX}${name}.json`, Body }));
    }
    client.destroy();
    expect((await server.root.run("note-staleness.sh")).status).toBe(0);
  }

  async function shown(path = "/a/page.html"): Promise<string | undefined> {
    const { headers } = await server.request({ path });
    const value = headers[STALE_HEADER.toLowerCase()];
    return value === undefined ? undefined : String(value);
  }

  it("is asked every minute once its bucket is there", () => {
    expect(server.root.calls()).toContain("systemctl enable --now storage-failover-staleness.timer");
    expect(server.root.read("/etc/systemd/system/storage-failover-staleness.timer")).toContain(
      "OnUnitActiveSec=1min",
    );
  });

  it("says by how many seconds, on every public answer, and never twice", async () => {
    await noted({ epoch: journal(3, "primary"), progress: progress(3, 840) });

    const seconds = Number(await shown());
    expect(seconds).toBeGreaterThanOrEqual(840);
    expect(seconds).toBeLessThan(900);
    // What is missing may be missing because it has not come yet.
    expect(Number(await shown("/missing.txt"))).toBe(seconds);

    await noted({ progress: progress(3, 7200) });
    expect(Number(await shown())).toBeGreaterThanOrEqual(7200);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ["it has caught up", { epoch: journal(3, "primary"), progress: progress(3, 500) }],
    ["it is active", { epoch: journal(4, "secondary"), progress: progress(4, 7200) }],
    [
      "what is noted is of before the last flip",
      { epoch: journal(5, "primary"), progress: progress(4, 7200) },
    ],
    ["no pass was ever clean", { epoch: journal(5, "primary"), progress: { epoch: 5, source: "one" } }],
    ["the notes are not understood", { epoch: "state", progress: "state" }],
    ["the time is none", { epoch: journal(5, "primary"), progress: { epoch: 5, syncPoint: "soon" } }],
  ])("says nothing where %s", async (_, notes) => {
    await noted({ epoch: journal(3, "primary"), progress: progress(3, 840) });
    expect(await shown()).toBeDefined();

    await noted(notes);

    expect(await shown()).toBeUndefined();
    expect((await server.request({ path: "/a/page.html" })).status).toBe(200);
  });

  it("says nothing when its own server does not answer, and fails nothing by it", async () => {
    await noted({ epoch: journal(3, "primary"), progress: progress(3, 840) });
    await server.killServer();

    expect((await server.root.run("note-staleness.sh")).status).toBe(0);
    expect(await shown()).toBeUndefined();
  });
});

describeStandby("the secondary that asks for the edge's secret", (programs) => {
  let server: StandbyServer;
  beforeAll(async () => {
    server = await startFilled(programs, true);
  }, SERVER_MILLISECONDS);
  afterAll(() => server?.stop(), SERVER_MILLISECONDS);

  const current = secretOf("current");
  const next = secretOf("next");
  const statusWith = async (referer?: string, from = EDGE_ADDRESS) =>
    (await server.request({ path: "/a/page.html", from, headers: referer === undefined ? {} : { referer } }))
      .status;
  const count = async () => (await server.root.run("origin-secrets.sh", ["count"])).output;

  it("shows nobody anything until a secret is enrolled", async () => {
    expect(await count()).toBe("0\n");
    for (const referer of [undefined, "", " ", "{env.ORIGIN_SECRET}", "{$ORIGIN_SECRET}", current]) {
      expect([referer, await statusWith(referer)]).toEqual([referer, 403]);
    }
  });

  it("then shows objects to the edge's requests with it, and to no others", async () => {
    const { status, output, complaints } = await server.setOriginSecrets(`${current}\n`);

    expect({ status, output }).toEqual({ status: 0, output: "" });
    expect(complaints).not.toContain(current);
    expect(await statusWith(current)).toBe(200);
    expect(await statusWith(current, STRANGER_ADDRESS)).toBe(403);
    for (const referer of [
      undefined,
      "",
      next,
      `${current}x`,
      current.slice(0, -1),
      `${current},${current}`,
    ]) {
      expect([referer, await statusWith(referer)]).toEqual([referer, 403]);
    }
  });

  it("accepts both during a rotation, and the previous one no longer afterwards", async () => {
    await server.setOriginSecrets(`${next}\n${current}\n`);
    expect([await count(), await statusWith(next), await statusWith(current)]).toEqual(["2\n", 200, 200]);

    await server.setOriginSecrets(next);

    expect([await count(), await statusWith(next), await statusWith(current)]).toEqual(["1\n", 200, 403]);
  });

  it.each([
    ["nothing", ""],
    ["an empty line", "\n"],
    ["a short one", "short\n"],
    ["a long one", `${"x".repeat(257)}\n`],
    ["one that the shell could read", `${current}$(id)\n`],
    ["one with a quote and a line of its own", `${current}\nX=1\n`],
    ["a good one and an empty line", `${current}\n\n`],
    ["three", `${current}\n${next}\n${current}\n`],
  ])("refuses %s, and changes nothing", async (_, lines) => {
    const before = server.root.read("/srv/standby/origin-secrets.env");

    const { status, output, complaints } = await server.setOriginSecrets(lines);

    expect({ status, output }).toEqual({ status: 2, output: "" });
    expect(complaints).toContain("nothing is changed");
    expect(complaints).not.toContain(current);
    expect(server.root.read("/srv/standby/origin-secrets.env")).toBe(before);
  });

  it("keeps the secret out of the server's requests and out of every log, also when the server is down", async () => {
    await server.setOriginSecrets(`${current}\n`);
    await server.killServer();

    const answer = await server.request({
      path: `/a/page.html?X-Amz-Signature=${next}`,
      headers: { referer: current, authorization: `Bearer ${next}`, "x-amz-security-token": next },
    });

    expect(answer.status).toBe(502);
    expect(server.proxyLog).toContain("http.log.error");
    expect(server.proxyLog).toContain("/a/page.html");
    expect(server.proxyLog).not.toContain(current);
    expect(server.proxyLog).not.toContain(next);
  });
});
