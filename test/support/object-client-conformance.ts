import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { compareKeys } from "../../lambda/s3/key-order";
import type {
  ListedObject,
  ObjectClient,
  ObjectHeaders,
  ObjectTags,
  PutResult,
  WriteCondition,
} from "../../lambda/s3/object-client";
import { StoreError, type StoreErrorKind } from "../../lambda/s3/store-error";
import type { StoreWriter } from "./store-writer";

/** Facts in which stores differ. They are parameters of the suite, so that a change in one of them turns red. */
export interface StoreTraits {
  /** Awkward keys (names of `AWKWARD_KEYS`) that the store refuses, or stores under another name. @default - none */
  readonly cannotHold?: readonly string[];
  /** What the store makes of an `Expires` that is no date. @default "kept" */
  readonly expiresThatIsNoDate?: "kept" | "dropped" | "refused";
  /** Whether deleting a key that is deleted already stacks a second delete marker. @default true */
  readonly stacksMarkers?: boolean;
  /** Whether a read that does not name the version tells how many tags there are. @default true */
  readonly countsTagsOfCurrent?: boolean;
  /**
   * Milliseconds that must lie between two changes of a key for their order to be told: the store lists
   * versions and delete markers apart, so that only their times tell. @default 0
   */
  readonly versionOrderNeedsMilliseconds?: number;
}

export interface OpenedStore {
  readonly client: ObjectClient;
  readonly writer: StoreWriter;
  close(): Promise<void>;
}

/** How long a server may take to start or stop on a busy machine. */
const SERVER_MILLISECONDS = 120_000;

const ABSENT: WriteCondition = { absent: true };

/** Each is a key of its own; the names say what they hold. */
export const AWKWARD_KEYS: Readonly<Record<string, string>> = {
  "a percent sign": "100%/%41%2F%",
  "a plus": "a+b",
  spaces: " a  b ",
  "an ampersand and an equals sign": "a&b=c?d#e",
  quotes: `a"b'c`,
  "XML's own characters": "<a>&amp;</a>",
  "marks that encoders differ on": "!'()*~-_.",
  umlauts: "größe/ß",
  "a character above U+FFFF": "\u{1F600}/\u{10FFFF}",
  "a private-use character": "\uE000x",
  "a decomposed letter": "e\u0301",
  "a directory marker": "folder/",
  "1,024 bytes": "k".repeat(200).concat("/").repeat(6).slice(0, 1024),
  "a control character": "a\u0001b",
  "a line feed": "a\nb",
  "two slashes in a row": "a//b",
  "a dot segment": "a/./b",
  "a parent segment": "a/../b",
  "a leading slash": "/a",
  "a segment over 255 bytes": `long/${"s".repeat(256)}`,
  "a backslash": "a\\b",
};

/** What every `ObjectClient` must do, whatever store is behind it. */
export function describeObjectClientConformance(
  name: string,
  open: () => OpenedStore | Promise<OpenedStore>,
  traits: StoreTraits = {},
): void {
  describe(`${name} as an ObjectClient`, () => {
    let store: OpenedStore;
    let client: ObjectClient;
    let writer: StoreWriter;
    beforeAll(async () => {
      store = await open();
      ({ client, writer } = store);
    }, SERVER_MILLISECONDS);
    afterAll(async () => {
      await store?.close();
    }, SERVER_MILLISECONDS);

    describe("objects", () => {
      it("reads back bytes, headers, user metadata and tags as they were put", async () => {
        const headers: ObjectHeaders = {
          contentType: "text/html; charset=utf-8",
          cacheControl: 'public, max-age=60, private="a, b"',
          contentDisposition: `attachment; filename="a b.html"; filename*=UTF-8''a%20b.html`,
          contentEncoding: "gzip",
          contentLanguage: "de, en",
          expires: "Thu, 01 Dec 2044 16:00:00 GMT",
          metadata: { plain: "x", "with-dash_and.dot": "a=b; c, d", spaces: "a  b", empty: "" },
        };
        const tags: ObjectTags = { team: "web", "a b": "c+d/e=f@g", none: "" };
        const result = await put(client, "headers/all", "<p>hello</p>", { headers, tags });

        const content = await client.get("headers/all");
        expect((await buffer(content.body)).toString()).toBe("<p>hello</p>");
        expect(content.headers).toEqual(headers);
        expect(content).toMatchObject({ etag: md5("<p>hello</p>", "hex"), size: 12 });
        expect(content.versionId).toBe(result.versionId);
        expect(result.etag).toBe(content.etag);
        expect(content.tagCount).toBe(traits.countsTagsOfCurrent === false ? 0 : 3);
        const named = await client.get("headers/all", { versionId: result.versionId });
        named.body.destroy();
        expect(named.tagCount).toBe(3);
        expect(await client.tags("headers/all")).toEqual(tags);
        const { body: _body, tagCount: _count, ...head } = content;
        expect(await client.head("headers/all")).toEqual(head);
        expect(Math.abs(Date.now() - content.lastModified.getTime())).toBeLessThan(60_000);
      });

      it("gives an object without a content type S3's own, and no header that was not put", async () => {
        await put(client, "headers/none", "x");
        const head = await client.head("headers/none");
        expect(head?.headers).toEqual({ contentType: "binary/octet-stream", metadata: {} });
        expect((await client.get("headers/none")).tagCount).toBe(0);
        expect(await client.tags("headers/none")).toEqual({});
      });

      const { expiresThatIsNoDate = "kept" } = traits;
      it(`treats an Expires that is no date as ${expiresThatIsNoDate}`, async () => {
        const written = put(client, "headers/expires", "x", { headers: { expires: "0", metadata: {} } });
        if (expiresThatIsNoDate === "refused") {
          await expect(written).rejects.toBeInstanceOf(StoreError);
          return;
        }
        await written;
        const expected = expiresThatIsNoDate === "kept" ? "0" : undefined;
        expect((await client.head("headers/expires"))?.headers.expires).toBe(expected);
        const content = await client.get("headers/expires");
        content.body.destroy();
        expect(content.headers.expires).toBe(expected);
      });

      it("keeps user metadata in any language", async () => {
        const metadata = { short: "größe \u{1F600}", long: "приклад ".repeat(20).trim(), plain: "a = b" };
        await put(client, "headers/unicode", "x", { headers: { metadata } });
        expect((await client.head("headers/unicode"))?.headers.metadata).toEqual(metadata);
      });

      it("holds an object of 0 bytes", async () => {
        const { etag } = await put(client, "size/empty", "");
        const content = await client.get("size/empty");
        expect((await buffer(content.body)).length).toBe(0);
        expect(content).toMatchObject({ size: 0, etag });
        expect(etag).toBe("d41d8cd98f00b204e9800998ecf8427e");
      });

      it("streams 20 MiB in and out", async () => {
        const piece = Buffer.alloc(1024 * 1024, "storage failover ");
        const whole = Buffer.concat(Array.from({ length: 20 }, () => piece));
        await client.put("size/large", {
          body: Readable.from(Array.from({ length: 20 }, () => piece)),
          size: whole.length,
          contentMd5: md5(whole, "base64"),
          headers: { metadata: {} },
          condition: ABSENT,
        });
        const content = await client.get("size/large");
        expect(content).toMatchObject({ size: whole.length, etag: md5(whole, "hex") });
        const hash = createHash("md5");
        for await (const chunk of content.body) hash.update(chunk);
        expect(hash.digest("hex")).toBe(content.etag);
      });

      const cannotHold = new Set(traits.cannotHold);
      const held = Object.entries(AWKWARD_KEYS).filter(([what]) => !cannotHold.has(what));
      it.each(held)("holds a key with %s", async (what, key) => {
        const body = `body of ${what}`;
        const { versionId } = await put(client, key, body);
        expect((await client.head(key))?.etag).toBe(md5(body, "hex"));
        expect((await buffer((await client.get(key, { versionId })).body)).toString()).toBe(body);
        expect(await client.versions(key)).toEqual([
          { versionId, isDeleteMarker: false, etag: md5(body, "hex") },
        ]);
        expect((await listAll(client)).map((object) => object.key)).toContain(key);
        expect((await client.list({ after: key })).objects.map((object) => object.key)).not.toContain(key);
      });

      const refused = Object.entries(AWKWARD_KEYS).filter(([what]) => cannotHold.has(what));
      if (refused.length > 0) {
        it.each(refused)(
          "cannot hold a key with %s: it is refused, or never listed under its name",
          async (_, key) => {
            const outcome = await put(client, key, "x").catch((error: unknown) => error);
            if (outcome instanceof StoreError) expect(outcome.retryable).toBe(false);
            else expect((await listAll(client)).map((object) => object.key)).not.toContain(key);
          },
        );
      }
    });

    describe("conditions", () => {
      it("refuses to create a key that exists, and leaves it as it was", async () => {
        const first = await put(client, "condition/exists", "one");
        await expectKind(put(client, "condition/exists", "two"), "precondition-failed");
        expect(await client.head("condition/exists")).toMatchObject(first);
        expect(await client.versions("condition/exists")).toHaveLength(1);
      });

      it("creates a key over a delete marker", async () => {
        await writer.write("condition/deleted", "one");
        await writer.delete("condition/deleted");
        const { etag } = await put(client, "condition/deleted", "two");
        expect((await client.head("condition/deleted"))?.etag).toBe(etag);
      });

      it("overwrites the ETag that was seen, and no other", async () => {
        const seen = await put(client, "condition/match", "one");
        const next = await put(client, "condition/match", "two", { condition: { etag: seen.etag } });
        expect((await client.head("condition/match"))?.versionId).toBe(next.versionId);
        await expectKind(
          put(client, "condition/match", "three", { condition: { etag: seen.etag } }),
          "precondition-failed",
        );
        expect((await client.head("condition/match"))?.etag).toBe(next.etag);
      });

      it("does not overwrite what is not there", async () => {
        const condition = { etag: md5("one", "hex") };
        await expectKind(put(client, "condition/missing", "two", { condition }), "not-found");
        await writer.write("condition/gone", "one");
        await writer.delete("condition/gone");
        await expectKind(put(client, "condition/gone", "two", { condition }), "not-found");
        expect(await client.head("condition/gone")).toBeUndefined();
      });

      it("lets exactly one of many writers win", async () => {
        const bodies = Array.from({ length: 8 }, (_, index) => `writer ${index}`);
        const created = await Promise.allSettled(bodies.map((body) => put(client, "race/create", body)));
        expect(onlyWinner(created)).toMatchObject({ etag: (await client.head("race/create"))?.etag });

        const { etag } = await put(client, "race/overwrite", "seen");
        const overwritten = await Promise.allSettled(
          bodies.map((body) => put(client, "race/overwrite", body, { condition: { etag } })),
        );
        expect(onlyWinner(overwritten)).toMatchObject({ etag: (await client.head("race/overwrite"))?.etag });
        expect(await client.versions("race/overwrite")).toHaveLength(2);
      });
    });

    describe("bodies that are not what was announced", () => {
      it("refuses a body that does not match its MD5", async () => {
        const body = Buffer.from("sent");
        const request = { body, size: 4, contentMd5: md5("meant", "base64"), headers: { metadata: {} } };
        await expectKind(client.put("body/wrong", { ...request, condition: ABSENT }), "refused");
        expect(await client.versions("body/wrong")).toEqual([]);
      });

      it("stores nothing when a streamed body breaks off", async () => {
        const body = Readable.from(
          (async function* () {
            yield Buffer.alloc(100_000, 1);
            await new Promise((resolve) => setTimeout(resolve, 50));
            throw new Error("the source broke off");
          })(),
        );
        const failure = await putStream(client, "body/broken", body, 200_000).catch(
          (error: unknown) => error,
        );
        expect(failure).toMatchObject({ name: "StoreError", kind: "unreachable", operation: "PutObject" });
        expect(body.destroyed).toBe(true);
        expect(await client.versions("body/broken")).toEqual([]);
      });

      it.each([
        ["shorter", 150_000],
        ["longer", 50_000],
      ])("stores nothing when a streamed body is %s than announced", async (what, announced) => {
        const key = `body/${what}`;
        const body = Readable.from([Buffer.alloc(50_000, 1), Buffer.alloc(50_000, 2)]);
        const failure = await putStream(client, key, body, announced).catch((error: unknown) => error);
        expect(failure).toMatchObject({ name: "StoreError", kind: "refused" });
        expect(await client.versions(key)).toEqual([]);
      });
    });

    describe("what is not there", () => {
      it("has no head, and cannot be read", async () => {
        expect(await client.head("missing/key")).toBeUndefined();
        expect(await client.versions("missing/key")).toEqual([]);
        const failure = await expectKind(client.get("missing/key"), "not-found");
        expect(failure).toMatchObject({ code: "NoSuchKey", bucket: client.bucket, key: "missing/key" });
        await expectKind(client.tags("missing/key"), "not-found");
      });

      it("is hidden by a delete marker, while older versions can be named", async () => {
        const old = await put(client, "missing/marked", "old", { tags: { a: "b" } });
        await writer.delete("missing/marked");
        const [marker] = await client.versions("missing/marked");
        expect(marker).toMatchObject({ isDeleteMarker: true });
        const named = { versionId: marker?.versionId };

        expect(await client.head("missing/marked")).toBeUndefined();
        expect(await client.head("missing/marked", named)).toBeUndefined();
        await expectKind(client.get("missing/marked"), "not-found");
        await expectKind(client.get("missing/marked", named), "not-found");

        const version = { versionId: old.versionId };
        expect((await client.head("missing/marked", version))?.etag).toBe(old.etag);
        expect((await buffer((await client.get("missing/marked", version)).body)).toString()).toBe("old");
        expect(await client.tags("missing/marked", version)).toEqual({ a: "b" });
      });
    });

    describe("version stacks", () => {
      it("are newest first, with delete markers where they were placed", async () => {
        const pause = () =>
          new Promise((resolve) => setTimeout(resolve, traits.versionOrderNeedsMilliseconds ?? 0));
        for (const body of ["one", "two", undefined, "three", undefined, undefined]) {
          if (body === undefined) await writer.delete("stack/key");
          else await writer.write("stack/key", body);
          await pause();
        }
        const marker = { isDeleteMarker: true };
        const version = (body: string) => ({ isDeleteMarker: false, etag: md5(body, "hex") });
        const stack = await client.versions("stack/key");
        expect(stack).toMatchObject([
          marker,
          ...(traits.stacksMarkers === false ? [] : [marker]),
          version("three"),
          marker,
          version("two"),
          version("one"),
        ]);
        expect(new Set(stack.map(({ versionId }) => versionId)).size).toBe(stack.length);
      }, 60_000);

      it("hold the exact key only", async () => {
        for (const key of ["exact/k", "exact/k0", "exact/k-sub/x", "exact/K"]) await writer.write(key, key);
        expect(await client.versions("exact/k")).toHaveLength(1);
        expect(await client.versions("exact/")).toEqual([]);
      });
    });

    describe("listings", () => {
      it("are ascending by UTF-8 bytes, complete over pages, without deleted keys", async () => {
        const names = [
          "a",
          "a-b",
          "b/c",
          "Z",
          "z",
          "\uFF5E",
          "\uE000",
          "\u{1F600}",
          "\u{10000}",
          "é",
          "~",
          "0",
        ];
        const keys = names.map((name) => `page/${name}`);
        for (const key of keys) await writer.write(key, key);
        await writer.write("page/deleted", "x");
        await writer.delete("page/deleted");
        const expected = keys.toSorted(compareKeys);

        for (const limit of [1, 5, 1000]) {
          const objects = (await listAll(client, "page.", limit)).filter(({ key }) =>
            key.startsWith("page/"),
          );
          expect(objects.map(({ key }) => key)).toEqual(expected);
          expect(objects.map(({ etag }) => etag)).toEqual(expected.map((key) => md5(key, "hex")));
          expect(objects.map(({ size }) => size)).toEqual(expected.map((key) => Buffer.byteLength(key)));
        }
      });

      it("begin strictly after a key, whether it exists or not, and tell the server's time", async () => {
        for (const key of ["after/a", "after/b", "after/c"]) await writer.write(key, "x");
        const first = async (after: string) => (await client.list({ after, limit: 1 })).objects[0]?.key;
        expect(await first("after/")).toBe("after/a");
        expect(await first("after/a")).toBe("after/b");
        expect(await first("after/aa")).toBe("after/b");
        const page = await client.list({ after: "after/", limit: 2 });
        expect(page.isTruncated).toBe(true);
        expect(Math.abs(page.serverDate.getTime() - Date.now())).toBeLessThan(60_000);
        const [object] = page.objects;
        const difference = (object?.lastModified.getTime() ?? 0) - page.serverDate.getTime();
        expect(difference).toBeLessThan(1000);
      });

      it("end with a page that is not truncated", async () => {
        expect(await client.list({ after: "\u{10FFFF}" })).toMatchObject({ objects: [], isTruncated: false });
      });
    });
  });
}

interface PutOptions {
  readonly headers?: ObjectHeaders;
  readonly tags?: ObjectTags;
  readonly condition?: WriteCondition;
}

function put(client: ObjectClient, key: string, text: string, options: PutOptions = {}): Promise<PutResult> {
  const body = Buffer.from(text);
  const defaults = { headers: { metadata: {} }, condition: ABSENT };
  return client.put(key, {
    ...defaults,
    ...options,
    body,
    size: body.length,
    contentMd5: md5(body, "base64"),
  });
}

function putStream(client: ObjectClient, key: string, body: Readable, size: number): Promise<PutResult> {
  const contentMd5 = md5(Buffer.alloc(0), "base64");
  return client.put(key, { body, size, contentMd5, headers: { metadata: {} }, condition: ABSENT });
}

async function listAll(client: ObjectClient, from?: string, limit?: number): Promise<ListedObject[]> {
  const objects: ListedObject[] = [];
  let after = from;
  for (;;) {
    const page = await client.list({ after, limit });
    objects.push(...page.objects);
    if (!page.isTruncated) return objects;
    after = page.objects.at(-1)?.key;
  }
}

async function expectKind(request: Promise<unknown>, kind: StoreErrorKind): Promise<unknown> {
  const failure = await request.then(
    () => "succeeded",
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ name: "StoreError", kind });
  return failure;
}

function onlyWinner(outcomes: readonly PromiseSettledResult<PutResult>[]): PutResult | undefined {
  const winners = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  expect(winners).toHaveLength(1);
  for (const outcome of outcomes) {
    if (outcome.status === "rejected") expect(outcome.reason).toMatchObject({ kind: "precondition-failed" });
  }
  return winners[0];
}

function md5(content: string | Buffer, encoding: "hex" | "base64"): string {
  return createHash("md5").update(content).digest(encoding);
}
