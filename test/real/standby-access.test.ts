import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import {
  AbortMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteBucketPolicyCommand,
  DeleteObjectCommand,
  DeleteObjectTaggingCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketNotificationConfigurationCommand,
  PutBucketPolicyCommand,
  PutBucketTaggingCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  PutObjectTaggingCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { StoreCredentials } from "../../contract/credentials";
import { PROBE_KEY, STATE_PREFIX } from "../../contract/state-keys";
import { DestinationProbe } from "../../lambda/replicator/destination-probe";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { REPLICATOR_ACTIONS } from "../../lib/private/replicator-actions";
import { CLIENTS, fixedPair } from "../support/opened-store";
import { describeStandby } from "../support/standby-server/describe-standby";
import { StandbyServer } from "../support/standby-server/standby-server";
import { BUCKET } from "../support/standby-server/throw-away-root";

const SERVER_MILLISECONDS = 180_000;
const OTHER_BUCKET = "somebody-elses";

const silent = () => undefined;

const md5 = (body: Buffer) => createHash("md5").update(body).digest("base64");

describeStandby("the secondary, provisioned for real, to the replicator", (programs) => {
  let server: StandbyServer;
  let pair: StoreCredentials;
  const opened: S3Client[] = [];

  beforeAll(async () => {
    server = await StandbyServer.prepare({ programs });
    await server.mustBoot();
    pair = await createPair();
    const root = direct();
    await root.send(new CreateBucketCommand({ Bucket: OTHER_BUCKET }));
    await root.send(new PutObjectCommand({ Bucket: OTHER_BUCKET, Key: "theirs", Body: "theirs" }));
  }, SERVER_MILLISECONDS);
  afterAll(async () => {
    for (const client of opened) client.destroy();
    await server?.stop();
  }, SERVER_MILLISECONDS);

  const keys = (...words: string[]) => server.root.run("replicator-keys.sh", words);
  const createPair = async (): Promise<StoreCredentials> => JSON.parse((await keys("create")).output);
  const listed = async () => (await keys("list")).output.split("\n").slice(0, -1).toSorted();

  function s3(endpoint: string, credentials: StoreCredentials): S3Client {
    const client = new S3Client({
      endpoint,
      region: "us-east-1",
      forcePathStyle: true,
      credentials,
      maxAttempts: 1,
      requestChecksumCalculation: "WHEN_REQUIRED",
      // It warns on the console of a stream that it cannot send again.
      logger: { debug: silent, info: silent, warn: silent, error: silent },
      requestHandler: { httpsAgent: { ca: server.certificate.certificate } },
    });
    opened.push(client);
    return client;
  }
  const proxied = (credentials = pair) => s3(server.endpoint, credentials);
  /** As the server's own administrator, past the proxy. */
  const direct = () => s3(`http://127.0.0.1:${server.ports.server}`, server.rootCredentials);

  /** `undefined`, or the status with which the store refuses. */
  const refusalOf = (attempt: Promise<unknown>): Promise<number | undefined> =>
    attempt.then(
      () => undefined,
      (error: { $metadata?: { httpStatusCode?: number } }) => {
        if (error.$metadata?.httpStatusCode === undefined) throw error;
        return error.$metadata.httpStatusCode;
      },
    );

  describe("the script that makes its keys", () => {
    it("prints one line of JSON and nothing else, and shows the secret to no other process", async () => {
      const { status, output, complaints } = await keys("create");
      const made: StoreCredentials = JSON.parse(output);

      expect(status).toBe(0);
      expect(output).toMatch(
        /^\{"accessKeyId":"replicator-[0-9a-f]{16}","secretAccessKey":"[0-9a-f]{64}"\}\n$/,
      );
      expect(complaints).not.toContain(made.secretAccessKey);
      expect(server.root.calls().join("\n")).toContain(made.accessKeyId);
      expect(server.root.calls().join("\n")).not.toContain(made.secretAccessKey);
      await keys("remove", made.accessKeyId);
    });

    it("keeps both pairs valid during a rotation, and refuses the removed one at once", async () => {
      const next = await createPair();
      const lists = ({ accessKeyId, secretAccessKey }: StoreCredentials) =>
        refusalOf(
          proxied({ accessKeyId, secretAccessKey }).send(new ListObjectsV2Command({ Bucket: BUCKET })),
        );

      expect(await listed()).toEqual([pair.accessKeyId, next.accessKeyId].toSorted());
      expect([await lists(pair), await lists(next)]).toEqual([undefined, undefined]);

      expect((await keys("remove", next.accessKeyId)).status).toBe(0);

      expect(await listed()).toEqual([pair.accessKeyId]);
      expect([await lists(pair), await lists(next)]).toEqual([undefined, 403]);
      expect((await keys("remove", next.accessKeyId)).status).toBe(0);
    });

    it.each([
      ["the administrator", () => ["remove", server.rootCredentials.accessKeyId]],
      ["anybody else", () => ["remove", "somebody"]],
      ["a pattern", () => ["remove", "replicator-*"]],
      ["an option", () => ["remove", "--all"]],
      ["nobody", () => ["remove"]],
      ["two", () => ["remove", pair.accessKeyId, pair.accessKeyId]],
    ])("does not remove %s", async (_, words) => {
      const { status, output } = await keys(...words());

      expect({ status, output }).toEqual({ status: 2, output: "" });
      expect(await listed()).toEqual([pair.accessKeyId]);
    });

    it("prints no key when the server is away, so that nobody stores one that does not exist", async () => {
      const away = await StandbyServer.prepare({ programs });
      try {
        const { status, output } = await away.root.run("replicator-keys.sh", ["create"]);

        expect(status).not.toBe(0);
        expect(output).toBe("");
      } finally {
        await away.stop();
      }
    });
  });

  describe("what its key pair may do", () => {
    const Bucket = BUCKET;
    const Key = "rights/object.txt";
    let VersionId: string | undefined;
    beforeEach(async () => {
      ({ VersionId } = await direct().send(
        new PutObjectCommand({ Bucket, Key, Body: "body", Tagging: "a=1" }),
      ));
    });

    const upload = async () => {
      const { UploadId } = await proxied().send(new CreateMultipartUploadCommand({ Bucket, Key }));
      await proxied().send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: "part" }));
      return UploadId;
    };
    const abort = async (UploadId: string | undefined) =>
      proxied().send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }));

    const ALLOWED: Readonly<Record<string, () => Promise<unknown>>> = {
      "s3:ListBucket": () => proxied().send(new ListObjectsV2Command({ Bucket })),
      "s3:ListBucketVersions": () => proxied().send(new ListObjectVersionsCommand({ Bucket, Prefix: Key })),
      "s3:GetBucketVersioning": () => proxied().send(new GetBucketVersioningCommand({ Bucket })),
      "s3:ListBucketMultipartUploads": () =>
        proxied().send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key })),
      "s3:GetObject": () => proxied().send(new GetObjectCommand({ Bucket, Key })),
      "s3:GetObjectVersion": () => proxied().send(new GetObjectCommand({ Bucket, Key, VersionId })),
      "s3:GetObjectTagging": () => proxied().send(new GetObjectTaggingCommand({ Bucket, Key })),
      "s3:GetObjectVersionTagging": () =>
        proxied().send(new GetObjectTaggingCommand({ Bucket, Key, VersionId })),
      "s3:PutObject": () =>
        proxied().send(new PutObjectCommand({ Bucket, Key: `${STATE_PREFIX}state.json`, Body: "{}" })),
      "s3:PutObjectTagging": () =>
        proxied().send(new PutObjectCommand({ Bucket, Key, Body: "b", Tagging: "b=2" })),
      "s3:PutObjectVersionTagging": () =>
        proxied().send(
          new PutObjectTaggingCommand({
            Bucket,
            Key,
            VersionId,
            Tagging: { TagSet: [{ Key: "c", Value: "3" }] },
          }),
        ),
      "s3:ListMultipartUploadParts": async () => {
        const UploadId = await upload();
        const parts = await proxied().send(new ListPartsCommand({ Bucket, Key, UploadId }));
        await abort(UploadId);
        expect(parts.Parts).toHaveLength(1);
      },
      "s3:AbortMultipartUpload": async () => abort(await upload()),
      "s3:DeleteObject": () => proxied().send(new DeleteObjectCommand({ Bucket, Key })),
      "s3:DeleteObjectVersion": async () => {
        const marker = await proxied().send(new DeleteObjectCommand({ Bucket, Key }));
        await proxied().send(new DeleteObjectCommand({ Bucket, Key, VersionId: marker.VersionId }));
      },
    };

    it("is tried for each action of the one list", () => {
      expect(Object.keys(ALLOWED).toSorted()).toEqual(
        REPLICATOR_ACTIONS.map(({ action }) => action).toSorted(),
      );
    });

    it.each(Object.entries(ALLOWED))("includes %s", async (_, attempt) => {
      expect(await refusalOf(attempt())).toBeUndefined();
    });

    it("includes being told that a key is not there", async () => {
      expect(await refusalOf(proxied().send(new HeadObjectCommand({ Bucket, Key: "missing" })))).toBe(404);
    });

    it.each<[string, () => Promise<unknown>]>([
      ["see which buckets there are", () => proxied().send(new ListBucketsCommand({}))],
      ["make a bucket", () => proxied().send(new CreateBucketCommand({ Bucket: "another-one" }))],
      ["remove the bucket", () => proxied().send(new DeleteBucketCommand({ Bucket }))],
      ["read who may read", () => proxied().send(new GetBucketPolicyCommand({ Bucket }))],
      ["change who may read", () => proxied().send(new PutBucketPolicyCommand({ Bucket, Policy: "{}" }))],
      ["remove the policy", () => proxied().send(new DeleteBucketPolicyCommand({ Bucket }))],
      [
        "switch versions off",
        () =>
          proxied().send(
            new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: "Suspended" } }),
          ),
      ],
      [
        "have objects expire",
        () =>
          proxied().send(
            new PutBucketLifecycleConfigurationCommand({
              Bucket,
              LifecycleConfiguration: {
                Rules: [{ ID: "all", Status: "Enabled", Filter: { Prefix: "" }, Expiration: { Days: 1 } }],
              },
            }),
          ),
      ],
      [
        "have events sent elsewhere",
        () =>
          proxied().send(
            new PutBucketNotificationConfigurationCommand({ Bucket, NotificationConfiguration: {} }),
          ),
      ],
      [
        "change encryption",
        () =>
          proxied().send(
            new PutBucketEncryptionCommand({
              Bucket,
              ServerSideEncryptionConfiguration: {
                Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
              },
            }),
          ),
      ],
      [
        "tag the bucket",
        () =>
          proxied().send(
            new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet: [{ Key: "a", Value: "1" }] } }),
          ),
      ],
      ["remove tags", () => proxied().send(new DeleteObjectTaggingCommand({ Bucket, Key }))],
      [
        "hold an object",
        () => proxied().send(new PutObjectLegalHoldCommand({ Bucket, Key, LegalHold: { Status: "ON" } })),
      ],
      ["list another bucket", () => proxied().send(new ListObjectsV2Command({ Bucket: OTHER_BUCKET }))],
      [
        "read another bucket",
        () => proxied().send(new GetObjectCommand({ Bucket: OTHER_BUCKET, Key: "theirs" })),
      ],
      [
        "write to another bucket",
        () => proxied().send(new PutObjectCommand({ Bucket: OTHER_BUCKET, Key: "theirs", Body: "x" })),
      ],
      [
        "copy out of another bucket",
        () => proxied().send(new CopyObjectCommand({ Bucket, Key, CopySource: `${OTHER_BUCKET}/theirs` })),
      ],
      [
        "read another bucket by a way around",
        () => proxied().send(new GetObjectCommand({ Bucket, Key: `../${OTHER_BUCKET}/theirs` })),
      ],
      [
        "send a body that its signature does not cover",
        () =>
          s3(server.endpoint, pair)
            // The SDK's own choice for streams over TLS, unless told otherwise.
            .send(
              new PutObjectCommand({
                Bucket,
                Key,
                Body: Readable.from([Buffer.from("body")]),
                ContentLength: 4,
                ChecksumAlgorithm: "CRC32",
              }),
            ),
      ],
    ])("does not include to %s", async (_, attempt) => {
      expect(await refusalOf(attempt())).toBe(403);
    });

    it("does not end with a refusal: nothing of it has happened", async () => {
      const root = direct();
      const { Status } = await root.send(new GetBucketVersioningCommand({ Bucket }));
      const theirs = await root.send(new GetObjectCommand({ Bucket: OTHER_BUCKET, Key: "theirs" }));
      const { Buckets = [] } = await root.send(new ListBucketsCommand({}));

      expect(Status).toBe("Enabled");
      expect(await theirs.Body?.transformToString()).toBe("theirs");
      expect(Buckets.map(({ Name }) => Name)).toEqual([BUCKET, OTHER_BUCKET]);
    });

    /** mc's administration commands, by which the API is reached in all its ways. */
    const administer = (credentials: StoreCredentials, endpoint: string, words: readonly string[]) =>
      new Promise<{ failed: boolean; output: string }>((resolve) => {
        const { accessKeyId, secretAccessKey } = credentials;
        const env = {
          HOME: server.root.folder,
          MC_CONFIG_DIR: server.root.at("/mc"),
          MC_HOST_there: endpoint.replace("://", `://${accessKeyId}:${secretAccessKey}@`),
        };
        execFile(programs.mc, ["--insecure", "admin", ...words], { env }, (error, stdout, stderr) =>
          resolve({ failed: error !== null, output: stdout + stderr }),
        );
      });
    const ADMINISTRATION = [
      ["info", "there"],
      ["user", "list", "there"],
      ["user", "svcacct", "add", "there"],
      ["policy", "list", "there"],
      ["config", "get", "there", "api"],
    ];
    const forWhom = (words: readonly string[], who: StoreCredentials) =>
      words.includes("svcacct") ? [...words, who.accessKeyId] : words;

    it.each(ADMINISTRATION.map((words) => ({ command: words.join(" "), words })))(
      "reaches no administration through the proxy: $command",
      async ({ words }) => {
        for (const who of [pair, server.rootCredentials]) {
          const { failed, output } = await administer(who, server.endpoint, forWhom(words, who));
          expect([failed, output]).toEqual([true, expect.stringMatching(/403|denied|failed|unable/i)]);
        }
      },
    );

    it("could reach it past the proxy, as the administrator, which shows that the commands are right", async () => {
      const endpoint = `http://127.0.0.1:${server.ports.server}`;
      for (const words of ADMINISTRATION) {
        const who = server.rootCredentials;
        const { failed, output } = await administer(who, endpoint, forWhom(words, who));
        expect([words, failed && output]).toEqual([words, false]);
      }
    });
  });

  describe.each(Object.entries(CLIENTS))("%s behind the proxy", (name, open) => {
    let client: ObjectClient;
    beforeEach(() => {
      client = open({
        endpoint: server.endpoint,
        region: "us-east-1",
        bucket: BUCKET,
        addressStyle: "path",
        credentials: fixedPair(pair),
        certificateAuthorities: server.certificate.certificate,
      });
    });
    afterEach(() => client.close());

    const folder = `signed/${name.replaceAll(" ", "-")}/`;
    const put = (key: string, body: Buffer, contentEncoding?: string) =>
      client.put(key, {
        body,
        size: body.length,
        contentMd5: md5(body),
        headers: { contentType: "text/plain", contentEncoding, metadata: { note: "kept" } },
        tags: { team: "a b+c" },
        condition: { absent: true },
      });

    it.each([
      "two  spaces",
      "plus+and%percent",
      "literal%2Fslash%20",
      "question?mark#hash&x=1;y",
      "Ünïcödé-日本語-🎈",
      "quotes'\"<>*!()$@~^`|{}[]",
      "..dots..",
      "tab\tand\\backslash",
    ])("signs and finds the key %s", async (odd) => {
      const key = folder + odd;
      const body = Buffer.from(`body of ${key}`);

      const { etag, versionId } = await put(key, body);

      expect(await client.head(key)).toMatchObject({
        etag,
        versionId,
        headers: { contentType: "text/plain", metadata: { note: "kept" } },
      });
      expect((await buffer((await client.get(key, { versionId })).body)).equals(body)).toBe(true);
      expect(await client.tags(key)).toEqual({ team: "a b+c" });
      expect((await client.list({ prefix: key })).objects.map((object) => object.key)).toEqual([key]);
      const { markerVersionId } = await client.delete({ key });
      expect((await client.versions(key)).map((version) => version.versionId)).toEqual([
        markerVersionId,
        versionId,
      ]);
    });

    it("reads ranges, and what is stored packed as it is stored", async () => {
      const packed = gzipSync("stored packed ".repeat(1000));
      const key = `${folder}packed`;
      await put(key, packed, "gzip");

      const whole = await client.get(key);
      const part = await client.get(key, { range: { first: 10, last: 19 } });

      expect(whole.headers.contentEncoding).toBe("gzip");
      expect((await buffer(whole.body)).equals(packed)).toBe(true);
      expect((await buffer(part.body)).equals(packed.subarray(10, 20))).toBe(true);
    });

    it("writes in parts, to the ETag of parts", async () => {
      const key = `${folder}in parts+1`;
      const bodies = [Buffer.alloc(5 * 1024 ** 2, "a"), Buffer.from("the rest")];
      const uploadId = await client.createUpload(key, { headers: { metadata: {} } });
      const parts = [];
      for (const [index, body] of bodies.entries()) {
        parts.push(
          await client.uploadPart(key, { uploadId, partNumber: index + 1, body, size: body.length }),
        );
      }
      expect((await client.parts(key, uploadId)).map(({ size }) => size)).toEqual([5 * 1024 ** 2, 8]);

      const { etag } = await client.completeUpload(key, { uploadId, parts, condition: { absent: true } });

      const digests = bodies.map((body) => createHash("md5").update(body).digest());
      expect(etag).toBe(`${createHash("md5").update(Buffer.concat(digests)).digest("hex")}-2`);
      const second = await client.get(key, { partNumber: 2 });
      expect((await buffer(second.body)).toString()).toBe("the rest");
    });

    it("keeps conditions, and names refusals as without a proxy", async () => {
      const key = `${folder}condition`;
      await put(key, Buffer.from("first"));

      await expect(put(key, Buffer.from("second"))).rejects.toMatchObject({ kind: "precondition-failed" });
      await expect(client.get(`${folder}missing`)).rejects.toMatchObject({ kind: "not-found" });
      expect(await client.head(`${folder}missing`)).toBeUndefined();
      expect(await client.versioning()).toBe("enabled");
    });

    it("learns of keys that the store refuses", async () => {
      await client.delete({ key: PROBE_KEY });
      const now = () => new Date();
      const probe = new DestinationProbe(client, () => Promise.resolve(), now, true);

      const { cannotHold } = await probe.traits();

      expect(cannotHold).toEqual(
        expect.arrayContaining(["dot-segment", "double-slash", "long-segment", "parent-segment"]),
      );
    });
  });
});
