import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "@jest/globals";
import type { ContentRequest, ObjectContent, PutRequest, PutResult } from "../../../lambda/s3/object-client";
import { StoreError } from "../../../lambda/s3/store-error";
import { InMemoryObjectClient } from "../../support/in-memory-object-client";
import { kinds, ReplicatedPair, storeError } from "../../support/replicated-pair";

const MIB = 1024 * 1024;
/** On both sides of the border between buffered and streamed copies. */
const SMALL = Buffer.alloc(MIB, "small ");
const LARGE = Buffer.alloc(MIB + 1, "large ");

const gets = (pair: ReplicatedPair) => pair.requests.filter((one) => one === "primary get a").length;

/** As a store shows it that encrypts with keys of its own. */
function writeWithSecretEtag(pair: ReplicatedPair, content: Buffer): void {
  const part = { content, size: content.length, etag: "0123456789abcdef".repeat(2) };
  const object = { parts: [part], multipart: false, headers: { metadata: {} }, tags: {} };
  pair.buckets.primary.put("a", object);
}

/** A pair whose primary spoils bodies on their way, so many times. */
function spoiling(times: number, spoil: (content: Buffer) => Readable): ReplicatedPair {
  let spoilt = 0;
  class SpoilingClient extends InMemoryObjectClient {
    public override async get(key: string, request?: ContentRequest): Promise<ObjectContent> {
      const content = await super.get(key, request);
      if (key !== "a" || spoilt >= times) return content;
      spoilt += 1;
      return { ...content, body: spoil(await buffer(content.body)) };
    }
  }
  return new ReplicatedPair({
    clientOf: (store, options) =>
      store === "primary" ? new SpoilingClient(options) : new InMemoryObjectClient(options),
  });
}

function withOneBitChanged(content: Buffer): Readable {
  const changed = Buffer.from(content);
  changed[0] = (changed[0] ?? 0) ^ 1;
  return Readable.from(changed, { objectMode: false });
}

function cutInTheMiddle(content: Buffer): Readable {
  return Readable.from(
    (function* () {
      yield content.subarray(0, content.length / 2);
      throw storeError("unreachable");
    })(),
    { objectMode: false },
  );
}

describe("integrity of objects in one piece (rule 10)", () => {
  it.each([
    ["empty", Buffer.alloc(0)],
    ["as large as is buffered", SMALL],
    ["larger", LARGE],
  ])("sends the MD5 of an object that is %s, and reads it once", async (_size, content) => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", content);
    const sent: PutRequest[] = [];
    const put = pair.clients.secondary.put.bind(pair.clients.secondary);
    pair.clients.secondary.put = (key, request) => {
      if (key === "a") sent.push(request);
      return put(key, request);
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1, copiedBytes: content.length });
    const etag = (await pair.clients.primary.head("a"))?.etag ?? "";
    expect(sent.map(({ contentMd5 }) => Buffer.from(contentMd5, "base64").toString("hex"))).toEqual([etag]);
    expect(gets(pair)).toBe(1);
    expect((await pair.clients.secondary.head("a"))?.etag).toBe(etag);
  });

  it.each([
    ["is changed", SMALL, withOneBitChanged],
    ["is changed", LARGE, withOneBitChanged],
    ["is cut", SMALL, cutInTheMiddle],
    ["is cut", LARGE, cutInTheMiddle],
  ])("copies what was meant though a body %s on its way", async (_what, content, spoil) => {
    const pair = spoiling(1, spoil);
    pair.write("primary", "a", content);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(pair.body("secondary", "a")).toBe(content.toString());
    expect(pair.stack("secondary", "a")).toHaveLength(1);
  });

  it.each([
    ["small", SMALL],
    ["large", LARGE],
  ])("puts nothing where each read of a %s body is cut", async (_size, content) => {
    const pair = spoiling(Number.POSITIVE_INFINITY, cutInTheMiddle);
    pair.write("primary", "a", content);
    expect(kinds(await pair.run())).toEqual(["failed a"]);
    expect(pair.stack("secondary", "a")).toEqual([]);
  });

  it("takes no body whose reads differ for one that is encrypted", async () => {
    let reads = 0;
    const pair = spoiling(Number.POSITIVE_INFINITY, (content) => {
      reads += 1;
      const changed = Buffer.from(content);
      changed[reads % 7] = reads;
      return Readable.from(changed, { objectMode: false });
    });
    pair.write("primary", "a", SMALL);
    expect(kinds(await pair.run())).toEqual(["failed a"]);
    expect(pair.stack("secondary", "a")).toEqual([]);
  });

  it.each([
    ["small", SMALL],
    ["large", LARGE],
  ])(
    "copies a %s object whose ETag is no digest once two reads agree, and knows it again",
    async (_size, content) => {
      const pair = new ReplicatedPair();
      writeWithSecretEtag(pair, content);
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
      expect(gets(pair)).toBeGreaterThan(1);
      expect(pair.body("secondary", "a")).toBe(content.toString());
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 0, unchanged: 1 });
    },
  );

  it("knows an ETag that is no digest by whichever refusal of a wrong MD5 there is", async () => {
    class StrictClient extends InMemoryObjectClient {
      public override async put(key: string, request: PutRequest): Promise<PutResult> {
        try {
          return await super.put(key, request);
        } catch (error) {
          if (!(error instanceof StoreError) || error.code !== "BadDigest") throw error;
          const { kind, operation, bucket } = error;
          throw new StoreError(error.message, { kind, operation, bucket, code: "InvalidDigest" });
        }
      }
    }
    const pair = new ReplicatedPair({
      clientOf: (store, options) =>
        store === "primary" ? new InMemoryObjectClient(options) : new StrictClient(options),
    });
    writeWithSecretEtag(pair, SMALL);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(await pair.run()).toMatchObject({ outcome: "clean", unchanged: 1 });
  });

  it("reports a destination whose answer shows another ETag than the MD5 of what was sent", async () => {
    class EncryptingClient extends InMemoryObjectClient {
      public override async put(key: string, request: PutRequest): Promise<PutResult> {
        const result = await super.put(key, request);
        return key === "a" ? { ...result, etag: "f".repeat(32) } : result;
      }
    }
    const pair = new ReplicatedPair({
      clientOf: (store, options) =>
        store === "secondary" ? new EncryptingClient(options) : new InMemoryObjectClient(options),
    });
    pair.write("primary", "a", "a1");
    const report = await pair.run();
    expect(report).toMatchObject({ copied: 0, exceptions: [{ key: "a", kind: "unsupported" }] });
    expect(report.exceptions[0]?.reason).toContain("encrypts or compresses on its own");
  });

  it.each([
    [5 * 1024 ** 3, "failed a"],
    [5 * 1024 ** 3 + 1, "unsupported a"],
  ])("takes an object of %d bytes for: %s, since one PUT carries 5 GiB", async (size, expected) => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", "a1");
    const get = pair.clients.primary.get.bind(pair.clients.primary);
    const opened: Readable[] = [];
    pair.clients.primary.get = async (key, request) => {
      const content = await get(key, request);
      if (key !== "a") return content;
      opened.push(content.body);
      return { ...content, size };
    };
    // The body is shorter than its size says: what is tried at all fails.
    expect(kinds(await pair.run())).toEqual([expected]);
    expect(opened.map(({ destroyed }) => destroyed)).toEqual(opened.map(() => true));
  });

  it("sends the last bytes of a large body only while the direction is known", async () => {
    const pair = new ReplicatedPair();
    pair.write("primary", "a", LARGE);
    pair.intercept = (store, operation, key) => {
      if (store !== "primary" || operation !== "get" || key !== "a") return;
      const put = pair.clients.secondary.put.bind(pair.clients.secondary);
      // Time passes while the body is on its way.
      pair.clients.secondary.put = (...args) => {
        pair.flip("secondary");
        pair.clock.advance(20_000);
        return put(...args);
      };
    };
    expect((await pair.run()).outcome).toBe("stopped");
    expect(pair.stack("secondary", "a")).toEqual([]);
  });
});
