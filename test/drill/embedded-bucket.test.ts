import { createHash } from "node:crypto";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { listObjects, listVersions } from "../../drill/local-cloud/embedded/listing";
import { multipartEtag } from "../../drill/local-cloud/embedded/stored-version";
import { type BucketChange, VersionedBucket } from "../../drill/local-cloud/embedded/versioned-bucket";
import { StoreError } from "../../lambda/s3/store-error";
import { InMemoryObjectClient, inMemoryBucket, writeObject } from "../support/in-memory-object-client";

/** Few keys, so that they meet again; chosen so that UTF-8 and UTF-16 order differ. */
const KEYS = [
  "a",
  "a/",
  "a/b",
  "a/c/d",
  "a0",
  "b",
  "~",
  "\u007f",
  "é",
  "\uE000",
  "\uFF5E",
  "\u{10000}",
  "\u{1F600}",
];

type Action =
  | { readonly type: "put"; readonly key: string; readonly body: string }
  | { readonly type: "delete"; readonly key: string }
  | { readonly type: "delete-version"; readonly key: string; readonly index: number }
  | { readonly type: "versioning"; readonly status: "Enabled" | "Suspended" };

const key = fc.constantFrom(...KEYS);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant("put" as const), key, body: fc.string({ maxLength: 3 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("delete" as const), key }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("delete-version" as const), key, index: fc.nat(3) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant("versioning" as const),
      status: fc.constantFrom("Enabled" as const, "Suspended" as const),
    }),
  },
);

function act(bucket: VersionedBucket<Buffer>, actions: readonly Action[]): void {
  for (const one of actions) {
    switch (one.type) {
      case "put":
        writeObject(bucket, one.key, one.body);
        break;
      case "delete":
        bucket.delete(one.key);
        break;
      case "delete-version":
        bucket.delete(one.key, bucket.stack(one.key)[one.index]?.versionId ?? "none");
        break;
      case "versioning":
        bucket.versioning = one.status;
    }
  }
}

/** Byte order by the bytes themselves. */
function sorted(keys: readonly string[]): string[] {
  return keys.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
}

describe("a versioned bucket", () => {
  it("lists page by page what it holds, in byte order, whatever happened to it", () => {
    const property = fc.property(
      fc.array(action, { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      (actions, limit) => {
        const bucket = inMemoryBucket(() => 0);
        act(bucket, actions);
        const expected = sorted(KEYS.filter((one) => bucket.current(one)?.kind === "object"));
        const listed: string[] = [];
        for (let after: string | undefined; ; after = listed.at(-1)) {
          const page = listObjects(bucket, { after, limit });
          expect(page.objects.length).toBeLessThanOrEqual(limit);
          listed.push(...page.objects.map((object) => object.key));
          if (!page.isTruncated) break;
        }
        expect(listed).toEqual(expected);
      },
    );
    fc.assert(property, { seed: 1, numRuns: 300 });
  });

  it("lists every version once, newest first, exactly one of a key's being the latest", () => {
    const property = fc.property(
      fc.array(action, { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      (actions, limit) => {
        const bucket = inMemoryBucket(() => 0);
        act(bucket, actions);
        const expected = sorted(KEYS).flatMap((one) =>
          bucket.stack(one).map((version, index) => ({ version, isLatest: index === 0 })),
        );
        const listed: (typeof expected)[number][] = [];
        for (;;) {
          const last = listed.at(-1)?.version;
          const after = last === undefined ? undefined : { key: last.key, versionId: last.versionId };
          const page = listVersions(bucket, { after, limit });
          listed.push(...page.versions);
          if (!page.isTruncated) break;
        }
        expect(listed).toEqual(expected);
      },
    );
    fc.assert(property, { seed: 2, numRuns: 300 });
  });

  it("groups keys by a delimiter, each group once over all pages", () => {
    const property = fc.property(
      fc.array(action, { maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      (actions, limit) => {
        const bucket = inMemoryBucket(() => 0);
        act(bucket, actions);
        const live = KEYS.filter((one) => bucket.current(one)?.kind === "object");
        const expected = sorted([...new Set(live.map((one) => one.replace(/\/.*$/, "/")))]);
        const listed: string[] = [];
        for (let after: string | undefined; ; ) {
          const page = listObjects(bucket, { delimiter: "/", after, limit });
          listed.push(...sorted([...page.objects.map((object) => object.key), ...page.commonPrefixes]));
          if (!page.isTruncated) break;
          after = page.last;
        }
        expect(listed).toEqual(expected);
      },
    );
    fc.assert(property, { seed: 3, numRuns: 300 });
  });

  it("is the same again when its changes are replayed", () => {
    const property = fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
      const changes: BucketChange<Buffer>[] = [];
      const options = { clock: () => 0, nextVersionId: () => `v${changes.length}` };
      const bucket = new VersionedBucket<Buffer>({ ...options, record: (change) => changes.push(change) });
      act(bucket, actions);
      const again = new VersionedBucket<Buffer>(options);
      for (const change of changes) again.replay(change);
      const all = { limit: 1000 };
      expect(listVersions(again, all)).toEqual(listVersions(bucket, all));
      expect(again.versioning).toBe(bucket.versioning);
    });
    fc.assert(property, { seed: 4, numRuns: 300 });
  });

  it("does not change when its change cannot be recorded", () => {
    const bucket = new VersionedBucket<Buffer>({
      clock: () => 0,
      nextVersionId: () => "v",
      record: () => {
        throw new Error("disk full");
      },
    });
    expect(() => writeObject(bucket, "a", "x")).toThrow("disk full");
    expect(bucket.current("a")).toBeUndefined();
  });

  it("has one version of a key, named null, while versioning was never on", () => {
    const bucket = new VersionedBucket<Buffer>({ clock: () => 0, nextVersionId: () => "v" });
    writeObject(bucket, "a", "one");
    writeObject(bucket, "a", "two");
    expect(bucket.stack("a")).toMatchObject([{ kind: "object", versionId: "null", size: 3 }]);
    bucket.delete("a");
    expect(bucket.stack("a")).toEqual([]);
    expect([...bucket.keysFrom("")]).toEqual([]);
  });

  it("replaces only the null version while versioning is suspended", () => {
    const bucket = inMemoryBucket(() => 0);
    writeObject(bucket, "a", "one");
    bucket.versioning = "Suspended";
    writeObject(bucket, "a", "two");
    bucket.delete("a");
    expect(bucket.stack("a")).toMatchObject([
      { kind: "marker", versionId: "null" },
      { kind: "object", versionId: "v1" },
    ]);
  });

  it("gives a multipart object the MD5 of its parts' MD5s, and their number", () => {
    const parts = ["one", "two"].map((text) => createHash("md5").update(text).digest());
    const expected = createHash("md5").update(Buffer.concat(parts)).digest("hex");
    expect(multipartEtag(parts.map((part) => part.toString("hex")))).toBe(`${expected}-2`);
  });
});

describe("an in-memory client between a request and its answer", () => {
  const lost = () => {
    throw new StoreError("the answer was lost", { kind: "unreachable", operation: "any", bucket: "bucket" });
  };

  it("can lose the answer of what took effect, and is not asked about what was refused", async () => {
    const bucket = inMemoryBucket(() => 0);
    const answered: string[] = [];
    const client = new InMemoryObjectClient({
      bucket,
      interceptAfter: (operation, key) => {
        answered.push(`${operation} ${key}`);
        if (operation === "completeUpload" || operation === "delete") lost();
      },
    });
    const uploadId = await client.createUpload("a", { headers: { metadata: {} } });
    const part = await client.uploadPart("a", { uploadId, partNumber: 1, body: Buffer.from("x"), size: 1 });
    const completion = { uploadId, parts: [part], condition: { absent: true } } as const;
    await expect(client.completeUpload("a", completion)).rejects.toMatchObject({ kind: "unreachable" });
    expect(bucket.current("a")).toMatchObject({ kind: "object", size: 1 });
    expect(await client.uploads("a")).toEqual([]);
    await expect(client.completeUpload("a", completion)).rejects.toMatchObject({ kind: "not-found" });
    await expect(client.delete({ key: "a" })).rejects.toMatchObject({ kind: "unreachable" });
    expect(bucket.current("a")).toMatchObject({ kind: "marker" });
    expect(answered).toEqual(["createUpload a", "uploadPart a", "completeUpload a", "uploads a", "delete a"]);
  });

  it("shares the open uploads of its bucket with other clients, and takes small parts where it is told to", async () => {
    const bucket = inMemoryBucket(() => 0);
    const [one, other] = [
      new InMemoryObjectClient({ bucket }),
      new InMemoryObjectClient({ bucket, leastPartBytes: 1 }),
    ] as const;
    const uploadId = await one.createUpload("a", { headers: { metadata: {} } });
    const send = (partNumber: number, text: string) =>
      one.uploadPart("a", { uploadId, partNumber, body: Buffer.from(text), size: text.length });
    const parts = [await send(1, "small "), await send(2, "parts")];
    const completion = { uploadId, parts, condition: { absent: true } } as const;
    await expect(one.completeUpload("a", completion)).rejects.toMatchObject({ code: "EntityTooSmall" });
    await other.completeUpload("a", completion);
    expect(await text((await one.get("a")).body)).toBe("small parts");
  });
});
