import { createServer } from "node:http";
import { Readable } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { GetObjectTaggingCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Marker } from "../../contract/marker";
import { surveyStore } from "../../drill/comparison/survey";
import type { WriteDone, WriterMoved } from "../../drill/evidence/events";
import type { RunningStore } from "../../drill/local-cloud/running-store";
import { close, listen } from "../../drill/machine/loopback-server";
import { generateObjects } from "../../drill/workload/generated-objects";
import { KnownValues } from "../../drill/workload/known-values";
import { LoadError, loadObjects } from "../../drill/workload/load";
import { connectStore } from "../../drill/workload/store-access";
import { Writer, type WriterSettings } from "../../drill/workload/writer";
import { type EmbeddedStores, startEmbeddedStores } from "../support/embedded-stores";

const MEBIBYTE = 1024 * 1024;

let running: EmbeddedStores;
let stores: EmbeddedStores["stores"];

beforeAll(async () => {
  running = await startEmbeddedStores();
  stores = running.stores;
}, 60_000);

afterAll(async () => {
  await running.stop();
});

const clock = () => performance.now();

async function survey(store: RunningStore) {
  const { objects } = await surveyStore({ store, moment: "end", clock });
  return new Map(objects.map((object) => [object.key, object]));
}

describe("loading", () => {
  it("puts every object there whole, with its headers and tags, and records each as acknowledged", async () => {
    const objects = generateObjects({ seed: 3, count: 130 }).filter(({ size }) => size < 9 * MEBIBYTE);
    const values = new KnownValues();
    const events: WriteDone[] = [];
    const progress: number[] = [];

    const total = await loadObjects({
      store: stores.primary,
      objects,
      clock,
      emit: (event) => events.push(event),
      values,
      onProgress: (soFar) => progress.push(soFar.objects),
    });

    expect(total).toEqual({
      objects: objects.length,
      bytes: objects.reduce((sum, { size }) => sum + size, 0),
    });
    expect(progress).toEqual(objects.map((_, index) => index + 1));
    const held = await survey(stores.primary);
    expect(events.map(({ key }) => key).sort()).toEqual(objects.map(({ key }) => key).sort());
    for (const { key, outcome, etag, versionId } of events) {
      expect(outcome).toBe("acknowledged");
      expect(held.get(key)).toMatchObject({ etag, versions: [{ versionId }] });
      expect(values.judge(key, { status: 200, etag })).toBeUndefined();
    }
    const client = connectStore(stores.primary);
    for (const { key, headers, tags, size } of objects) {
      const target = { Bucket: stores.primary.bucketName, Key: key };
      const head = await client.send(new HeadObjectCommand(target));
      const { TagSet = [] } = await client.send(new GetObjectTaggingCommand(target));
      expect({
        size: head.ContentLength,
        cacheControl: head.CacheControl,
        contentDisposition: head.ContentDisposition,
        contentEncoding: head.ContentEncoding,
        contentLanguage: head.ContentLanguage,
        expires: head.ExpiresString,
        metadata: head.Metadata,
      }).toEqual({ ...headers, contentType: undefined, size });
      expect(Object.fromEntries(TagSet.map(({ Key, Value }) => [Key, Value]))).toEqual(tags);
    }
    client.destroy();
  }, 60_000);

  it.each([
    ["is refused by the store", { bucketName: "no-such-bucket" }, [Buffer.from("12345")]],
    ["ends early", {}, [Buffer.from("123")]],
  ])("stops with the key of an object that %s", async (_, access, chunks) => {
    const [template] = generateObjects({ seed: 3, count: 1 });
    const broken = {
      ...template,
      key: "broken/ü.txt",
      size: 5,
      headers: { metadata: {} },
      tags: {},
      open: () => Readable.from(chunks),
    };
    const load = loadObjects({
      store: { ...stores.primary, ...access },
      objects: [broken],
      clock,
      emit: () => undefined,
      values: new KnownValues(),
      signal: AbortSignal.timeout(3000),
    });

    await expect(load).rejects.toThrow(LoadError);
    await expect(load).rejects.toThrow(/broken\/ü\.txt/);
    expect((await survey(stores.primary)).has("broken/ü.txt")).toBe(false);
  });

  it("takes the answer of a store that comes before the end of the content is read", async () => {
    const [template] = generateObjects({ seed: 3, count: 1 });
    async function* content() {
      yield Buffer.from("12345");
      await pause(300);
    }
    const object = { ...template, key: "late/end.txt", size: 5, headers: { metadata: {} }, tags: {} };
    const load = loadObjects({
      store: stores.primary,
      objects: [{ ...object, open: () => Readable.from(content()) }],
      clock,
      emit: () => undefined,
      values: new KnownValues(),
    });

    await expect(load).resolves.toEqual({ objects: 1, bytes: 5 });
    expect((await survey(stores.primary)).has("late/end.txt")).toBe(true);
  });
});

it("loading stops when the store acknowledges other bytes than were sent", async () => {
  const liar = createServer((request, response) => {
    request
      .resume()
      .on("end", () => response.writeHead(200, { etag: '"0123456789abcdef0123456789abcdef"' }).end());
  });
  const port = await listen(liar);
  const failure: unknown = await loadObjects({
    store: { ...stores.primary, port },
    objects: generateObjects({ seed: 3, count: 1 }),
    clock,
    emit: () => undefined,
    values: new KnownValues(),
  }).catch((error: unknown) => error);
  await close(liar);

  expect(String(failure)).toMatch(
    /ETag 0123456789abcdef0123456789abcdef, what was sent has MD5 [0-9a-f]{32}/,
  );
});

describe("the writer", () => {
  const FENCE = 300;
  const HOLD = 50;
  let events: (WriteDone | WriterMoved)[];
  let marker: Marker | undefined;
  let values: KnownValues;
  let group: Writer;

  beforeEach(() => {
    events = [];
    values = new KnownValues();
    marker = { active: "primary", writesPaused: false };
  });

  // Stopped here as well, so that a failed test does not go on writing.
  afterEach(() => group.stop());

  function writer(settings: Partial<WriterSettings> = {}): Writer {
    return new Writer({
      stores,
      requestTimeoutMilliseconds: 2000,
      holdMilliseconds: HOLD,
      fenceMilliseconds: FENCE,
      resolveActiveStore: async () => {
        if (marker === undefined) throw new Error("resolvers disagree");
        return marker;
      },
      writesPerSecond: 100,
      seed: 4,
      clock,
      values,
      emit: (event) => events.push(event),
      ...settings,
    });
  }

  const writes = () => events.filter((event) => event.type === "write");
  const moves = () => events.filter((event) => event.type === "writer");

  async function until(condition: () => boolean): Promise<void> {
    for (const limit = performance.now() + 10_000; !condition(); await pause(10)) {
      if (performance.now() > limit)
        throw new Error(`it never came to that; events: ${JSON.stringify(moves())}`);
    }
  }

  it("makes, overwrites and deletes keys of its own, and overwrites others only where it may", async () => {
    group = writer({ deleteShare: 0.1, overwritableKeys: ["given", "elsewhere"] });
    await group.putNow("primary", "given", Buffer.from("a"));
    await group.putNow("secondary", "elsewhere", Buffer.from("b"));
    events = [];
    group.start();
    await until(() => writes().length > 80);
    await group.stop();

    const keys = writes().map(({ key }) => key);
    const deleted = writes().filter(({ operation }) => operation === "delete");
    expect(writes().every(({ outcome, store }) => outcome === "acknowledged" && store === "primary")).toBe(
      true,
    );
    expect(new Set(keys).size).toBeLessThan(keys.length);
    expect(keys).toContain("given");
    expect(keys).not.toContain("elsewhere");
    expect(deleted.length).toBeGreaterThan(0);
    expect(deleted.every(({ key }) => key.startsWith("writer/"))).toBe(true);
    const held = await survey(stores.primary);
    const last = new Map(writes().map((write) => [write.key, write]));
    for (const [key, { etag, versionId }] of last) {
      expect(held.get(key)).toMatchObject({ etag });
      expect(held.get(key)?.versions[0]?.versionId).toBe(versionId);
    }
    // One at a time: none begins before the one before has ended.
    const spans = writes();
    expect(spans.every(({ at }, index) => index === 0 || at >= (spans[index - 1]?.end ?? 0))).toBe(true);
  });

  it("follows the marker to another store, but not before the fence", async () => {
    group = writer();
    group.start();
    await until(() => writes().length > 5);
    const flippedAt = clock();
    marker = { active: "secondary", writesPaused: false };
    await until(() => writes().some(({ store }) => store === "secondary"));
    await group.stop();

    const onPrimary = writes().filter(({ store }) => store === "primary");
    const onSecondary = writes().filter(({ store }) => store === "secondary");
    expect(Math.max(...onPrimary.map(({ at }) => at))).toBeLessThan(flippedAt + HOLD);
    expect(Math.min(...onSecondary.map(({ at }) => at))).toBeGreaterThanOrEqual(flippedAt + FENCE);
    expect(moves()).toMatchObject([
      { store: "primary", state: "writing" },
      { store: "primary", state: "paused" },
      { store: "secondary", state: "writing" },
    ]);
  });

  it.each<[string, Marker | undefined]>([
    ["while writes are paused", { active: "primary", writesPaused: true }],
    ["while the marker cannot be read", undefined],
  ])("writes nothing %s, and goes on afterwards", async (_, obstacle) => {
    group = writer();
    group.start();
    await until(() => writes().length > 3);
    marker = obstacle;
    await until(() => moves().at(-1)?.state === "paused");
    const before = writes().length;
    await pause(150);
    expect(writes()).toHaveLength(before);

    marker = { active: "primary", writesPaused: false };
    await until(() => writes().length > before + 3);
    await group.stop();
    expect(moves().map(({ state }) => state)).toEqual(["writing", "paused", "writing"]);
  });

  it("records what a dead store did not answer, and what a person wrote to another", async () => {
    group = writer();
    await stores.primary.kill();
    const refused = await group.putNow("primary", "story/a b", Buffer.from("one"));
    const elsewhere = await group.putNow("secondary", "story/a b", Buffer.from("two"), {
      headers: { contentType: "text/x-story", metadata: { by: "hand" } },
      tags: { told: "yes" },
    });
    await stores.primary.restart();
    const acknowledged = await group.putNow("primary", "story/a b", Buffer.from("one"));
    const deleted = await group.deleteNow("primary", "story/a b");
    await group.stop();

    expect(refused).toMatchObject({ store: "primary", outcome: "refused", reason: "not sent: ECONNREFUSED" });
    expect(elsewhere).toMatchObject({ store: "secondary", outcome: "acknowledged", bytes: 3 });
    expect(deleted).toMatchObject({ operation: "delete", outcome: "acknowledged" });
    expect(deleted.etag).toBeUndefined();
    expect(events).toEqual([refused, elsewhere, acknowledged, deleted]);
    const versions = (await survey(stores.primary)).get("story/a b")?.versions;
    expect(versions).toEqual([
      { versionId: deleted.versionId, isDeleteMarker: true },
      { versionId: acknowledged.versionId, etag: acknowledged.etag, isDeleteMarker: false },
    ]);
    expect((await survey(stores.secondary)).get("story/a b")?.etag).toBe(elsewhere.etag);
  }, 30_000);
});
