import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectTaggingCommand,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { checkSignature } from "../../drill/local-cloud/embedded/signature";
import { startEmbeddedStore } from "../../drill/local-cloud/embedded-store";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import { firstMessage, forkTypeScript, whenExited } from "../../drill/machine/typescript-child";
import type { UploadedPart } from "../../lambda/s3/object-client";
import { plainRequest } from "../support/anonymous-reads";
import { clientFor } from "../support/opened-store";

/** Starting processes on a busy machine. */
const PATIENCE = 60_000;

const nothing = () => {};
/** The SDK warns of a failed stream on the console. */
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

const Bucket = "bucket";
let folder: string;
let store: RunningStore;
let s3: S3Client;

function s3Client(options: Partial<S3ClientConfig> = {}): S3Client {
  const { accessKeyId, secretAccessKey } = store;
  return new S3Client({
    endpoint: `http://127.0.0.1:${store.port}`,
    region: store.region,
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    requestChecksumCalculation: "WHEN_REQUIRED",
    maxAttempts: 1,
    ...options,
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "embedded-"));
  const names = { storeName: "secondary", bucketName: Bucket, originHost: "bucket.example.test" } as const;
  store = await startEmbeddedStore({ ...names, region: "eu-central-1", folder });
  s3 = s3Client();
}, PATIENCE);

afterAll(async () => {
  s3.destroy();
  await store.stop();
  await store.stop();
  expect(existsSync(folder)).toBe(false);
}, PATIENCE);

describe("a killed store", () => {
  it(
    "starts again on the same port with every write that it acknowledged, and no part of any other",
    async () => {
      const client = clientFor(store);
      const acknowledged = new Map<string, string>();
      const sizes = [0, 1, 1000, 300_000];
      const write = async (index: number) => {
        const body = Buffer.alloc(sizes[index % sizes.length] ?? 0, `body ${index} `);
        const contentMd5 = createHash("md5").update(body).digest("base64");
        const headers = { cacheControl: `max-age=${index}`, metadata: { index: String(index) } };
        const request = { body, size: body.length, contentMd5, headers, tags: { index: String(index) } };
        const { etag } = await client.put(`kill/${index}`, { ...request, condition: { absent: true } });
        acknowledged.set(`kill/${index}`, etag);
      };
      const writes = Array.from({ length: 400 }, (_, index) => write(index).catch(() => undefined));
      while (acknowledged.size < 100) await sleep(1);
      await store.kill();
      await Promise.all(writes);
      const { port } = store;
      expect(await client.head("kill/0").catch((error: unknown) => error)).toMatchObject({
        kind: "unreachable",
      });

      await store.restart();
      expect(store.port).toBe(port);
      for (const [key, etag] of acknowledged) {
        const content = await client.get(key);
        expect(content.etag).toBe(etag);
        const hash = createHash("md5");
        for await (const chunk of content.body) hash.update(chunk);
        expect(hash.digest("hex")).toBe(etag);
        expect(content.headers.metadata.index).toBe(key.slice("kill/".length));
        expect(content.tagCount).toBe(1);
      }
      const listed = await client.list({ after: "kill/" });
      const blobs = readdirSync(join(folder, "blobs"));
      expect(blobs).toHaveLength(listed.objects.length);
      client.close();
    },
    PATIENCE,
  );

  it(
    "forgets a last line of its journal that was cut off, and goes on",
    async () => {
      await s3.send(new PutObjectCommand({ Bucket, Key: "torn/before", Body: "x" }));
      await store.kill();
      appendFileSync(join(folder, "journal.jsonl"), '{"type":"version-added","version":{"kind":"obj');
      for (const key of ["torn/after", "torn/later"]) {
        await store.restart();
        await s3.send(new PutObjectCommand({ Bucket, Key: key, Body: "x" }));
      }
      const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: "torn/" }));
      expect(Contents?.map(({ Key }) => Key)).toEqual(["torn/after", "torn/before", "torn/later"]);
    },
    PATIENCE,
  );

  it(
    "goes on with a multipart upload",
    async () => {
      const Key = "upload/killed";
      const { UploadId } = await s3.send(
        new CreateMultipartUploadCommand({ Bucket, Key, ContentType: "a/b" }),
      );
      const first = Buffer.alloc(5 * 1024 * 1024, 1);
      const one = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: first }));
      await store.restart();
      const two = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 2, Body: "end" }));
      const Parts = [one, two].map(({ ETag }, index) => ({ ETag, PartNumber: index + 1 }));
      const { Parts: listed } = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
      expect(listed).toMatchObject(Parts);
      const upload = { Bucket, Key, UploadId, MultipartUpload: { Parts } };
      const done = await s3.send(new CompleteMultipartUploadCommand({ ...upload, IfNoneMatch: "*" }));

      const digests = [first, Buffer.from("end")].map((part) => createHash("md5").update(part).digest());
      expect(done.ETag).toBe(`"${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-2"`);
      const part = await s3.send(new GetObjectCommand({ Bucket, Key, PartNumber: 2 }));
      expect(await part.Body?.transformToString()).toBe("end");
      expect(part).toMatchObject({
        PartsCount: 2,
        ContentType: "a/b",
        ContentRange: "bytes 5242880-5242882/5242883",
      });
      await expect(s3.send(new CompleteMultipartUploadCommand(upload))).rejects.toMatchObject({
        name: "NoSuchUpload",
      });
    },
    PATIENCE,
  );
});

it(
  "ends with the process that started it, even after SIGKILL",
  async () => {
    const starter = forkTypeScript(require.resolve("../support/embedded-store-starter.ts"));
    const orphan = (await firstMessage(starter, "the starter")) as { port: number; folder: string };
    const answer = await plainRequest(orphan.port, "GET", "bucket.example.test", "/missing");
    expect(answer.status).toBe(403);
    starter.kill("SIGKILL");
    await whenExited(starter);
    const isRefused = () =>
      plainRequest(orphan.port, "GET", "bucket.example.test", "/missing").then(
        () => false,
        () => true,
      );
    while (!(await isRefused())) await sleep(20);
    await rm(orphan.folder, { recursive: true, force: true });
  },
  PATIENCE,
);

describe("signatures", () => {
  it.each([
    [
      "another secret",
      { credentials: () => ({ accessKeyId: store.accessKeyId, secretAccessKey: "x" }) },
      "SignatureDoesNotMatch",
    ],
    [
      "another key",
      { credentials: () => ({ accessKeyId: "x", secretAccessKey: store.secretAccessKey }) },
      "InvalidAccessKeyId",
    ],
    ["another region", { region: "us-west-2" }, "AuthorizationHeaderMalformed"],
    ["a clock that is an hour off", { systemClockOffset: 3_600_000 }, "RequestTimeTooSkewed"],
  ])("with %s are refused", async (_, options, name) => {
    const { credentials, ...rest } = options as {
      credentials?: () => { accessKeyId: string; secretAccessKey: string };
    };
    const client = s3Client({
      ...rest,
      ...(credentials === undefined ? {} : { credentials: credentials() }),
    });
    await expect(client.send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({ name });
    client.destroy();
  });

  it("cover method, path, query, signed headers and payload", () => {
    const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
    const now = Date.parse("2030-01-02T03:04:05Z");
    // Computed apart from this code, with the AWS SDK's signer.
    const authorization = [
      "AWS4-HMAC-SHA256 Credential=key/20300102/eu-central-1/s3/aws4_request",
      "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta-note",
      "Signature=a0fceea6e3406848d2da4f045a7bd7b38fe52e7d70e81fb696050e433b908bfb",
    ].join(", ");
    const signed = {
      method: "PUT",
      path: "/bucket/a b+c/ü",
      query: [["x-id", "PutObject"]] as const,
      headers: {
        authorization,
        host: "127.0.0.1:9000",
        "x-amz-date": "20300102T030405Z",
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        "x-amz-meta-note": "two  spaces",
      },
    };
    const check = (changed: object) =>
      checkSignature({ ...signed, ...changed }, credentials, "eu-central-1", now);
    expect(() => check({})).not.toThrow();
    const doesNotMatch = expect.objectContaining({ status: 403, code: "SignatureDoesNotMatch" });
    for (const changed of [
      { method: "DELETE" },
      { path: "/bucket/a b c/ü" },
      { query: [] },
      { query: [...signed.query, ["versionId", "1"]] },
      { headers: { ...signed.headers, "x-amz-meta-note": "other" } },
      { headers: { ...signed.headers, host: "127.0.0.1:9001" } },
      { headers: { ...signed.headers, "x-amz-content-sha256": "0".repeat(64) } },
    ]) {
      expect(() => check(changed)).toThrow(doesNotMatch);
    }
  });
});

describe("the rest of the S3 API", () => {
  it("creates its bucket again without complaint, and tells whether it is versioned", async () => {
    await s3.send(new CreateBucketCommand({ Bucket }));
    await s3.send(new HeadBucketCommand({ Bucket }));
    expect(await s3.send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({ Status: "Enabled" });
    for (const Status of ["Suspended", "Enabled"] as const) {
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
      expect(await s3.send(new GetBucketVersioningCommand({ Bucket }))).toMatchObject({ Status });
    }
    await expect(s3.send(new ListObjectsV2Command({ Bucket: "other" }))).rejects.toMatchObject({
      name: "NoSuchBucket",
    });
  });

  it("reads ranges, and only what a condition asks for", async () => {
    const Key = "read/range";
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "0123456789" }));
    const read = async (Range: string) => {
      const { Body, ContentRange } = await s3.send(new GetObjectCommand({ Bucket, Key, Range }));
      return [await Body?.transformToString(), ContentRange];
    };
    expect(await read("bytes=2-4")).toEqual(["234", "bytes 2-4/10"]);
    expect(await read("bytes=7-")).toEqual(["789", "bytes 7-9/10"]);
    expect(await read("bytes=-2")).toEqual(["89", "bytes 8-9/10"]);
    expect(await read("bytes=5-99")).toEqual(["56789", "bytes 5-9/10"]);
    await expect(read("bytes=10-")).rejects.toMatchObject({ name: "InvalidRange" });
    const head = (condition: object) => s3.send(new HeadObjectCommand({ Bucket, Key, ...condition }));
    expect((await head({ IfMatch: ETag })).ETag).toBe(ETag);
    await expect(head({ IfMatch: '"other"' })).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    await expect(head({ IfNoneMatch: ETag })).rejects.toMatchObject({ $metadata: { httpStatusCode: 304 } });
  });

  it("copies with the source's headers, or with new ones", async () => {
    const source = { ContentType: "text/a", Metadata: { a: "1" }, Tagging: "t=1" };
    await s3.send(new PutObjectCommand({ Bucket, Key: "copy/ü+1", Body: "copied", ...source }));
    const copy = { Bucket, CopySource: encodeURI(`${Bucket}/copy/ü`).concat("%2B1") };
    await s3.send(new CopyObjectCommand({ ...copy, Key: "copy/same" }));
    const replaced = { MetadataDirective: "REPLACE", ContentType: "text/b", Metadata: { b: "2" } } as const;
    await s3.send(new CopyObjectCommand({ ...copy, ...replaced, Key: "copy/new" }));
    const same = await s3.send(new GetObjectCommand({ Bucket, Key: "copy/same" }));
    expect(same).toMatchObject({ ContentType: "text/a", Metadata: { a: "1" }, TagCount: 1 });
    expect(await same.Body?.transformToString()).toBe("copied");
    const changed = await s3.send(new HeadObjectCommand({ Bucket, Key: "copy/new" }));
    expect(changed).toMatchObject({ ContentType: "text/b", Metadata: { b: "2" } });
  });

  it("changes tags without making a version", async () => {
    const Key = "tags/key";
    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    const TagSet = [{ Key: "a<b", Value: " c&d " }];
    await s3.send(new PutObjectTaggingCommand({ Bucket, Key, Tagging: { TagSet } }));
    expect(await s3.send(new GetObjectTaggingCommand({ Bucket, Key }))).toMatchObject({ TagSet, VersionId });
  });

  it("deletes by a marker, and a version for good", async () => {
    const Key = "delete/key";
    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x" }));
    const marker = await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    expect(marker.DeleteMarker).toBe(true);
    const read = () => s3.send(new GetObjectCommand({ Bucket, Key }));
    await expect(read()).rejects.toMatchObject({ name: "NoSuchKey" });
    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId: marker.VersionId }));
    expect((await read()).VersionId).toBe(VersionId);
    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
    expect(await clientFor(store).versions(Key)).toEqual([]);
  });

  it("aborts uploads, and refuses completions that name what was not uploaded", async () => {
    const Key = "upload/aborted";
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const { ETag } = await s3.send(
      new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: "small" }),
    );
    await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 2, Body: "small" }));
    const complete = (Parts: { ETag?: string; PartNumber: number }[]) =>
      s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts } }));
    await expect(complete([{ ETag: '"other"', PartNumber: 1 }])).rejects.toMatchObject({
      name: "InvalidPart",
    });
    const both = [1, 2].map((PartNumber) => ({ ETag, PartNumber }));
    await expect(complete(both.toReversed())).rejects.toMatchObject({ name: "InvalidPartOrder" });
    await expect(complete(both)).rejects.toMatchObject({ name: "EntityTooSmall" });
    await s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));
    await expect(complete([{ ETag, PartNumber: 1 }])).rejects.toMatchObject({ name: "NoSuchUpload" });
    expect(await clientFor(store).versions(Key)).toEqual([]);
  });

  it.each([
    ["user metadata over 2 KB", { Metadata: { big: "x".repeat(2100) } }, "MetadataTooLarge"],
    [
      "more than ten tags",
      { Tagging: Array.from({ length: 11 }, (_, index) => `t${index}=1`).join("&") },
      "BadRequest",
    ],
    ["a key over 1,024 bytes", { Key: "k".repeat(1025) }, "KeyTooLongError"],
  ])("refuses %s", async (_, options, name) => {
    await expect(
      s3.send(new PutObjectCommand({ Bucket, Key: "limits", Body: "x", ...options })),
    ).rejects.toMatchObject({
      name,
    });
  });

  it("refuses what it does not offer, clearly", async () => {
    const chunked = s3Client({ requestChecksumCalculation: "WHEN_SUPPORTED", logger: SILENT });
    const Body = Readable.from([Buffer.from("x")]);
    await expect(
      chunked.send(new PutObjectCommand({ Bucket, Key: "chunked", Body, ContentLength: 1 })),
    ).rejects.toMatchObject({ name: "NotImplemented", message: expect.stringContaining("WHEN_REQUIRED") });
    chunked.destroy();
  });

  it(
    "takes small parts, and begins unversioned, where it is told to",
    async () => {
      const names = { storeName: "primary", bucketName: Bucket, originHost: "other.example.test" } as const;
      const other = await startEmbeddedStore(
        { ...names, region: "eu-central-1", folder: await mkdtemp(join(tmpdir(), "embedded-")) },
        { leastPartBytes: 3, versioned: false },
      );
      const client = clientFor(other);
      try {
        expect(await client.versioning()).toBe("off");
        const uploadId = await client.createUpload("small", { headers: { metadata: {} } });
        const send = (partNumber: number, content: string) =>
          client.uploadPart("small", {
            uploadId,
            partNumber,
            body: Buffer.from(content),
            size: content.length,
          });
        const tooSmall = await send(1, "12");
        const last = await send(2, "4");
        const complete = (parts: UploadedPart[]) =>
          client.completeUpload("small", { uploadId, parts, condition: { absent: true } });
        await expect(complete([tooSmall, last])).rejects.toMatchObject({ code: "EntityTooSmall" });
        await complete([await send(1, "123"), last]);
        expect(await client.head("small")).toMatchObject({ size: 4, versionId: "null" });
        await other.restart();
        expect(await client.versioning()).toBe("off");
      } finally {
        client.close();
        await other.stop();
      }
    },
    PATIENCE,
  );

  it("keeps no bytes of parts that were replaced, left out or sent too late", async () => {
    const client = clientFor(store);
    const blobs = () => readdirSync(join(folder, "blobs")).length;
    const before = blobs();
    const uploadId = await client.createUpload("litter", { headers: { metadata: {} } });
    const send = (partNumber: number, content: string) =>
      client.uploadPart("litter", { uploadId, partNumber, body: Buffer.from(content), size: content.length });
    await send(1, "replaced");
    const kept = await send(1, "kept");
    await send(2, "left out");
    expect(blobs()).toBe(before + 2);
    await client.completeUpload("litter", { uploadId, parts: [kept], condition: { absent: true } });
    await expect(send(3, "too late")).rejects.toMatchObject({ code: "NoSuchUpload" });
    expect(blobs()).toBe(before + 1);
    client.close();
  });
});
