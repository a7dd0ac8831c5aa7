import { describe, expect, it } from "@jest/globals";
import { STAMP_METADATA_KEY } from "../../../contract/stamp";
import { HEALTH_KEY, STATE_PREFIX } from "../../../contract/state-keys";
import { metadataBytes } from "../../../lambda/replicator/stamp";
import { DEFAULT_CONTENT_TYPE, type ObjectHeaders, type ObjectTags } from "../../../lambda/s3/object-client";
import { InMemoryObjectClient } from "../../support/in-memory-object-client";
import { kinds, ReplicatedPair, storeError } from "../../support/replicated-pair";
import { UncountingObjectClient } from "../../support/uncounting-object-client";

const EVERYTHING: ObjectHeaders = {
  contentType: "text/css; charset=utf-8",
  cacheControl: "public, max-age=31536000, immutable",
  contentDisposition: "attachment; filename*=UTF-8''%e2%82%ac.css",
  contentEncoding: "gzip",
  contentLanguage: "de-CH, en",
  expires: "0",
  metadata: { author: "somebody", "build-id": "42" },
};
const TAGS = { team: "web", "cost centre": "a+b" };

const FORMS = ["one piece", "parts"] as const;

function write(
  pair: ReplicatedPair,
  form: (typeof FORMS)[number],
  headers: ObjectHeaders,
  tags: ObjectTags = {},
): void {
  if (form === "parts") pair.writeParts("primary", "a", ["one ", "two"], headers, tags);
  else pair.write("primary", "a", "a1", headers, tags);
}

/** What the replica has, its stamp aside. */
async function travelled(pair: ReplicatedPair) {
  const head = await pair.clients.secondary.head("a");
  const { [STAMP_METADATA_KEY]: stamp, ...metadata } = head?.headers.metadata ?? {};
  expect(stamp).toBeDefined();
  return { headers: { ...head?.headers, metadata }, tags: await pair.clients.secondary.tags("a") };
}

describe("everything travels (rule 11)", () => {
  it.each(FORMS)("copies all headers, user metadata and tags of an object in %s", async (form) => {
    const pair = new ReplicatedPair();
    write(pair, form, EVERYTHING, TAGS);
    await pair.run();
    expect(await travelled(pair)).toEqual({ headers: EVERYTHING, tags: TAGS });
    expect(await pair.run()).toMatchObject({ copied: 0, unchanged: 1 });

    pair.flip("secondary");
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0 });
  });

  it.each(FORMS)("takes away what an overwrite in %s no longer has", async (form) => {
    const pair = new ReplicatedPair();
    write(pair, form, EVERYTHING, TAGS);
    await pair.run();
    write(pair, form, { metadata: {} }, {});
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(await travelled(pair)).toEqual({
      headers: { contentType: DEFAULT_CONTENT_TYPE, metadata: {} },
      tags: {},
    });
  });

  it.each(Object.keys(EVERYTHING) as (keyof ObjectHeaders)[])(
    "copies an object again whose %s alone was changed",
    async (name) => {
      const pair = new ReplicatedPair();
      pair.write("primary", "a", "same", EVERYTHING, TAGS);
      await pair.run();
      const other: ObjectHeaders = {
        ...EVERYTHING,
        [name]: name === "metadata" ? { author: "another" } : "other",
      };
      pair.write("primary", "a", "same", other, TAGS);
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
      expect(await travelled(pair)).toEqual({ headers: other, tags: TAGS });
    },
  );

  it.each(FORMS)(
    "copies metadata of an object in %s that just fits with the stamp, and reports a byte more",
    async (form) => {
      const pair = new ReplicatedPair();
      const ofLength = (length: number): ObjectHeaders => ({ metadata: { long: "x".repeat(length) } });
      write(pair, form, ofLength(1));
      await pair.run();
      const replica = await pair.clients.secondary.head("a");
      const most = 1 + 2048 - metadataBytes(replica?.headers ?? ofLength(0));
      expect(most).toBeGreaterThan(1500);

      write(pair, form, ofLength(most));
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1, exceptions: [] });
      const before = { body: pair.stack("secondary", "a"), ...(await travelled(pair)) };
      expect(before.headers).toMatchObject(ofLength(most));

      write(pair, form, ofLength(most + 1), TAGS);
      const report = await pair.run();
      expect(report).toMatchObject({ outcome: "clean", copied: 0 });
      expect(report.exceptions[0]).toMatchObject({
        kind: "unsupported",
        reason: expect.stringContaining("2049 bytes"),
      });
      // Nothing of it: neither a body without metadata, nor tags, nor an upload that is open.
      expect({ body: pair.stack("secondary", "a"), ...(await travelled(pair)) }).toEqual(before);
      expect([pair.puts, pair.uploads("secondary")]).toEqual([[], []]);
      expect(kinds(await pair.run())).toEqual(["unsupported a"]);
    },
  );

  it.each(FORMS)(
    "copies the tags of the version in %s that it copies, though another one was written since",
    async (form) => {
      const pair = new ReplicatedPair();
      write(pair, form, EVERYTHING, TAGS);
      pair.intercept = (store, operation) => {
        if (store !== "primary" || operation !== "tags") return;
        pair.intercept = () => undefined;
        write(pair, form, { metadata: {} }, { team: "other" });
      };
      await pair.run();
      expect(await travelled(pair)).toEqual({ headers: EVERYTHING, tags: TAGS });
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
      expect((await travelled(pair)).tags).toEqual({ team: "other" });
    },
  );

  it.each(FORMS)("copies the tags of an object in %s from a store that does not count them", async (form) => {
    const pair = new ReplicatedPair({
      clientOf: (store, options) =>
        store === "primary" ? new UncountingObjectClient(options) : new InMemoryObjectClient(options),
    });
    write(pair, form, EVERYTHING, TAGS);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect((await travelled(pair)).tags).toEqual(TAGS);
  });

  it.each(FORMS)("puts nothing of an object in %s whose tags cannot be read", async (form) => {
    const pair = new ReplicatedPair();
    write(pair, form, { metadata: {} }, TAGS);
    pair.intercept = (store, operation) => {
      if (store === "primary" && operation === "tags") throw storeError("access-denied");
    };
    expect(kinds(await pair.run())).toEqual(["failed a"]);
    expect([pair.stack("secondary", "a"), pair.uploads("secondary")]).toEqual([[], []]);
  });

  it("copies an Expires that is no date where the destination keeps it, and reports it where it does not", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1", { expires: "0", metadata: {} });
    expect((await pair.run()).copied).toBe(1);

    const dropping = new ReplicatedPair();
    const put = dropping.clients.secondary.put.bind(dropping.clients.secondary);
    dropping.clients.secondary.put = (key, request) =>
      put(key, { ...request, headers: { ...request.headers, expires: undefined } });
    dropping.write("primary", "a", "a1", { expires: "0", metadata: {} });
    dropping.write("primary", "b", "b1", { expires: "Sun, 06 Nov 1994 08:49:37 GMT", metadata: {} });
    expect(kinds(await dropping.run())).toEqual(["unsupported a"]);
    expect(dropping.body("secondary", "a")).toBeUndefined();
  });

  it("leaves state and health objects where they are", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", HEALTH_KEY, "primary");
    pair.write("primary", `${STATE_PREFIX}anything`, "x");
    expect(await pair.run()).toMatchObject({ outcome: "clean", listed: 0, copied: 0 });
    expect(pair.body("secondary", HEALTH_KEY)).toBeUndefined();
  });
});
