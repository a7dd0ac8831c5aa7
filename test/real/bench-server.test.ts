import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { obtainServer } from "../../bench/replication/programs";
import { type Load, type MadeUpObjects, S3Server } from "../../bench/replication/s3-server";
import { isOnPath } from "../../drill/local-cloud/container-engine";
import { startContext } from "../../drill/local-cloud/start-options";
import { systemClock } from "../../lambda/replicator/clock";
import { run } from "../../lambda/replicator/run";
import type { ObjectClient, PutRequest } from "../../lambda/s3/object-client";
import { openObjectClient } from "../../lambda/s3/open-object-client";

const BUILD_MILLISECONDS = 300_000;
const MIB = 1024 * 1024;

/** Without Go the bench cannot be run, and this is skipped, unless nothing may be. */
const describeWithGo =
  isOnPath("go", process.env.PATH ?? "") || process.env.REQUIRE_REAL_STORES === "1"
    ? describe
    : describe.skip;

describeWithGo("the bench's S3 server", () => {
  let folder: string;
  let servers: S3Server[] = [];
  let source: ObjectClient;
  let destination: ObjectClient;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "bench-server-"));
    const program = await obtainServer(startContext({}));
    servers = await Promise.all(
      ["source.pem", "destination.pem"].map((name) => S3Server.start(program, [], path.join(folder, name))),
    );
    [source, destination] = servers.map((server) => open(server, false)) as [ObjectClient, ObjectClient];
  }, BUILD_MILLISECONDS);

  afterAll(async () => {
    source.close();
    destination.close();
    await Promise.all(servers.map((server) => server.end()));
    rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    await Promise.all(servers.map((server) => server.load(holding(objects({ count: 0 })))));
  });

  function open(server: S3Server, tls: boolean): ObjectClient {
    return openObjectClient("thin", {
      endpoint: server.url(tls),
      bucket: "bench",
      region: "us-east-1",
      addressStyle: "path",
      credentials: {
        current: async () => ({ accessKeyId: "anyone", secretAccessKey: "anything" }),
        afterRefusal: async () => undefined,
      },
      ...(tls && { certificateAuthorities: readFileSync(server.certificateFile, "utf8") }),
    });
  }

  const [atSource, atDestination] = [() => servers[0] as S3Server, () => servers[1] as S3Server];

  async function replicate(): Promise<void> {
    const report = await run({
      clients: { primary: source, secondary: destination },
      marker: { read: async () => ({ active: "primary", writesPaused: false }) },
      holdMilliseconds: 20_000,
      budgetMilliseconds: 60_000,
      by: "test",
      watermarkMarginMilliseconds: 120_000,
      clock: systemClock,
      random: Math.random,
    });
    expect(report).toMatchObject({ outcome: "clean", exceptions: [] });
  }

  it("makes up objects that are what their ETags say, whole, by range and by part, over TLS as well", async () => {
    await atSource().load(holding(objects({ count: 2, parts: [5 * MIB, 1000] })));
    const { objects: listed } = await source.list();
    const [first, second] = listed.map(({ key }) => key) as [string, string];

    const whole = await bytesOf(source, first);
    const parts = [
      await bytesOf(source, first, { partNumber: 1 }),
      await bytesOf(source, first, { partNumber: 2 }),
    ];
    const combined = md5(Buffer.concat(parts.map((part) => Buffer.from(md5(part), "hex"))));

    expect(parts.map(({ length }) => length)).toEqual([5 * MIB, 1000]);
    expect(Buffer.concat(parts).equals(whole)).toBe(true);
    expect(listed[0]).toMatchObject({ etag: `${combined}-2`, size: 5 * MIB + 1000 });
    const range = { first: 5 * MIB - 10, last: 5 * MIB + 9 };
    expect(await bytesOf(source, first, { range })).toEqual(whole.subarray(range.first, range.last + 1));
    expect((await bytesOf(source, second)).equals(whole)).toBe(false);
    const secure = open(atSource(), true);
    expect((await bytesOf(secure, first)).equals(whole)).toBe(true);
    secure.close();
  });

  it("lists a million keys page by page, in order, with what was put among them", async () => {
    await atSource().load(holding(objects({ count: 1_000_000 })));
    await source.put("assets/00000/00000001.bin.more", putRequest("more"));

    const first = await source.list({ limit: 3 });
    const late = await source.list({ after: "assets/00999/00999997.bin" });
    const folderKeys = await source.list({ prefix: "assets/00500/" });

    expect(first.objects.map(({ key }) => key)).toEqual([
      "assets/00000/00000000.bin",
      "assets/00000/00000001.bin",
      "assets/00000/00000001.bin.more",
    ]);
    expect(late).toMatchObject({ isTruncated: false, objects: [{}, {}] });
    expect(folderKeys.objects).toHaveLength(1000);
    expect(folderKeys.objects[0]?.key).toBe("assets/00500/00500000.bin");
  });

  it("finds copies right that are, put at once or in parts, with what they carry", async () => {
    const rich = { headers: { "content-type": "text/css", "x-amz-meta-a": "b" }, tags: { c: "d" } };
    for (const wanted of [objects({ count: 3, ...rich }), objects({ count: 2, parts: [5 * MIB, 70_000] })]) {
      await Promise.all([
        atSource().load(holding(wanted)),
        atDestination().load(holding(objects({ count: 0 }))),
      ]);

      await replicate();

      const { count } = wanted;
      expect(await atDestination().check(wanted)).toEqual({
        expected: count,
        equal: count,
        sameEtag: count,
        lost: [],
        extra: 0,
      });
    }
    expect(await atDestination().requests()).toMatchObject({ UploadPart: 4, CompleteMultipartUpload: 2 });
    expect(await atSource().requests()).toMatchObject({ ListObjectsV2: 1 });
  });

  it("lists open uploads of keys that begin so, in order, until they are ended", async () => {
    const begin = (key: string) => destination.createUpload(key, { headers: { metadata: {} } });
    const [second, first] = [await begin("b/2"), await begin("b/1")];
    await begin("c");

    const open = await destination.uploads("b/1");
    await destination.abortUpload("b/1", first);

    expect(open).toMatchObject([{ uploadId: first }]);
    expect(await destination.uploads("b/1")).toEqual([]);
    expect(await destination.uploads("b/2")).toMatchObject([{ uploadId: second }]);
  });

  it("knows the same bytes again, however they were put", async () => {
    const wanted = objects({ count: 1, parts: [5 * MIB, 70_001, 3] });
    await atSource().load(holding(wanted));
    const [key = ""] = (await source.list()).objects.map((object) => object.key);

    await destination.put(key, putRequest(await bytesOf(source, key)));

    const check = await atDestination().check(wanted);
    expect(check).toEqual({ expected: 1, equal: 1, sameEtag: 0, lost: [], extra: 0 });
  });

  it("finds copies wrong that are: other bytes, older ones, missing, lacking headers or tags, too many", async () => {
    const wanted = objects({ count: 4, headers: { "content-type": "text/css" }, tags: { c: "d" } });
    await atSource().load(holding(wanted));
    await replicate();
    const { objects: listed } = await destination.list();
    const keys = listed.map(({ key }) => key).filter((key) => key.startsWith("assets/")) as [string, string];

    const put = async (key: string, body: Buffer) =>
      destination.put(key, {
        ...putRequest(body),
        condition: { etag: (await destination.head(key))?.etag ?? "" },
      });
    const changed = await bytesOf(source, keys[0]);
    changed[5000] = (changed[5000] ?? 0) ^ 1;
    await put(keys[0], changed);
    await put(keys[1], await bytesOf(source, keys[1]));
    await destination.put("stranger", putRequest("extra"));

    expect(await atDestination().check({ ...wanted, count: 5 })).toEqual({
      expected: 5,
      equal: 3,
      sameEtag: 3,
      lost: ["content-type", "tags"],
      extra: 1,
    });
    expect((await atDestination().check({ ...wanted, generation: 2 })).equal).toBe(0);
  });

  it("holds writers to their conditions and digests, as S3 does", async () => {
    const { etag } = await destination.put("key", putRequest("one"));

    await expect(destination.put("key", putRequest("two"))).rejects.toMatchObject({
      kind: "precondition-failed",
    });
    await expect(
      destination.put("key", { ...putRequest("two"), condition: { etag: md5("another") } }),
    ).rejects.toMatchObject({ kind: "precondition-failed" });
    await expect(
      destination.put("key", {
        ...putRequest("two"),
        contentMd5: putRequest("one").contentMd5,
        condition: { etag },
      }),
    ).rejects.toMatchObject({ code: "BadDigest" });
    expect((await destination.head("key"))?.etag).toBe(etag);
  });
});

function objects(given: Partial<MadeUpObjects> & { readonly count: number }): MadeUpObjects {
  return {
    parts: [10_000],
    generation: 1,
    lastModified: "2026-01-01T00:00:00.000Z",
    headers: { "content-type": "text/plain" },
    tags: {},
    ...given,
  };
}

function holding(workload: MadeUpObjects): Load {
  return {
    workload,
    delayMilliseconds: 0,
    keepPrefix: ".storage-failover/",
    keepsState: false,
    keepsObjects: false,
  };
}

function putRequest(content: string | Buffer): PutRequest {
  const body = Buffer.from(content);
  return {
    body,
    size: body.length,
    contentMd5: Buffer.from(md5(body), "hex").toString("base64"),
    headers: { contentType: "text/plain", metadata: {} },
    condition: { absent: true },
  };
}

async function bytesOf(
  client: ObjectClient,
  key: string,
  request?: Parameters<ObjectClient["get"]>[1],
): Promise<Buffer> {
  return buffer((await client.get(key, request)).body);
}

function md5(content: string | Buffer): string {
  return createHash("md5").update(content).digest("hex");
}
