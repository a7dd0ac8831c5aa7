import { Readable } from "node:stream";
import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { StoreName } from "../../../contract/stores";
import { PartDigests } from "../../../lambda/replicator/part-digests";
import type {
  ContentRequest,
  ObjectContent,
  UploadedPart,
  UploadPartRequest,
} from "../../../lambda/s3/object-client";
import { StoreError } from "../../../lambda/s3/store-error";
import {
  InMemoryObjectClient,
  type InMemoryObjectClientOptions,
} from "../../support/in-memory-object-client";
import { kinds, ReplicatedPair, storeError } from "../../support/replicated-pair";

const PARTS = ["one ", "two ", "three ", "four ", "five"];

/** Larger parts come as a stream from a `SourceClient`. */
const BUFFERED = 4;

const refusal = (demandsDigest: boolean) =>
  new StoreError("400 InvalidRequest", {
    kind: "refused",
    operation: "UploadPart",
    bucket: "b",
    code: "InvalidRequest",
    demandsDigest,
  });

/** A bucket with object lock and a retention by default: it takes no part without its MD5. */
class LockedClient extends InMemoryObjectClient {
  public isLocked = true;
  public refused = 0;
  public readonly taken: UploadPartRequest[] = [];
  private inFlight = 0;
  public mostInFlight = 0;

  public override async uploadPart(key: string, request: UploadPartRequest): Promise<UploadedPart> {
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      // As over a network: whoever does not wait for the answer has sent more by then.
      await turn();
      if (this.isLocked && request.contentMd5 === undefined) {
        this.refused += 1;
        if (request.body instanceof Readable) request.body.destroy();
        throw refusal(true);
      }
      const part = await super.uploadPart(key, request);
      this.taken.push(request);
      return part;
    } finally {
      this.inFlight -= 1;
    }
  }
}

/** Small parts come in one buffer, as they do from the thin client. */
class SourceClient extends InMemoryObjectClient {
  public readonly reads: { readonly request: ContentRequest; readonly content: ObjectContent }[] = [];
  /** Changes what a read gives. */
  public spoil: (content: ObjectContent, read: number) => ObjectContent = (content) => content;

  public override async get(key: string, request: ContentRequest = {}): Promise<ObjectContent> {
    const content = await super.get(key, request);
    if (request.partNumber === undefined) return content;
    const isSmall = content.size <= BUFFERED;
    const given = isSmall ? { ...content, buffered: content.body.read() as Buffer } : content;
    const spoilt = this.spoil(given, this.reads.length);
    this.reads.push({ request, content: spoilt });
    return spoilt;
  }
}

/** Written on the secondary while the primary is locked: what is to come back. */
function lockedPair(clients: { locked?: typeof LockedClient } = {}) {
  const { locked = LockedClient } = clients;
  let primary: LockedClient | undefined;
  let secondary: SourceClient | undefined;
  const clientOf = (store: StoreName, options: InMemoryObjectClientOptions) => {
    if (store === "primary") {
      primary = new locked(options);
      return primary;
    }
    secondary = new SourceClient(options);
    return secondary;
  };
  const pair = new ReplicatedPair({ clientOf });
  pair.flip("secondary");
  if (primary === undefined || secondary === undefined) throw new Error("the pair has no clients");
  return { pair, destination: primary, source: secondary };
}

const etags = (pair: ReplicatedPair, key: string) =>
  [pair.buckets.primary, pair.buckets.secondary].map((bucket) => {
    const top = bucket.current(key);
    return top?.kind === "object" ? top.etag : undefined;
  });

describe("objects in parts, into a bucket with object lock (rule 10)", () => {
  it("arrive with the ETag of their originals, after one refusal a run, however many parts there are", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.string({ minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 9 }), {
          minLength: 1,
          maxLength: 5,
        }),
        async (objects) => {
          const { pair, destination } = lockedPair();
          for (const [index, parts] of objects.entries()) pair.writeParts("secondary", `${index}`, parts);
          expect(await pair.run()).toMatchObject({ outcome: "clean", copied: objects.length, retries: 0 });
          for (const [index, parts] of objects.entries()) {
            const [replica, original] = etags(pair, `${index}`);
            expect(replica).toBe(original);
            expect(pair.body("primary", `${index}`)).toBe(parts.join(""));
          }
          expect([destination.refused, destination.taken.length]).toEqual([1, objects.flat().length]);
          expect(pair.uploads("primary")).toEqual([]);
          expect(await pair.run()).toMatchObject({ copied: 0, unchanged: objects.length });
        },
      ),
      { numRuns: 30, seed: 7 },
    );
  });

  it("are hashed from a first read, and sent as the stream of a second one of the same version", async () => {
    const { pair, destination, source } = lockedPair();
    const { versionId } = pair.writeParts("secondary", "a", ["small", "large part", "tiny"]);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(new Set(source.reads.map(({ request }) => request.versionId))).toEqual(new Set([versionId]));
    const readsOf = (part: number) => source.reads.filter(({ request }) => request.partNumber === part);
    for (const part of [1, 2]) {
      const sent = destination.taken.find(({ partNumber }) => partNumber === part)?.body;
      expect(sent).toBeInstanceOf(Readable);
      const [first, second, ...others] = readsOf(part).map(({ content }) => content.body);
      expect([first?.readableEnded, second === sent, others]).toEqual([true, true, []]);
    }
    // The first part of the run, which was refused, and which fits a buffer: that one is hashed.
    expect(readsOf(3).map(({ content }) => content.buffered?.toString())).toEqual(["tiny", "tiny"]);
    expect(destination.taken.find(({ partNumber }) => partNumber === 3)?.body).toEqual(Buffer.from("tiny"));
  });

  it("are read once where they fit a buffer", async () => {
    const { pair, destination, source } = lockedPair();
    const parts = Array.from({ length: 20 }, (_, index) => `${index}`);
    pair.writeParts("secondary", "a", parts);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect([source.reads.length, destination.refused]).toEqual([parts.length + 1, 1]);
  });

  it("are gone on with where a run was interrupted, and nothing is sent twice", async () => {
    const { pair, destination } = lockedPair();
    pair.writeParts("secondary", "a", PARTS);
    let sent = 0;
    pair.intercept = (_store, operation) => {
      if (operation !== "uploadPart") return;
      sent += 1;
      if (sent > 2) throw storeError("unreachable");
    };
    expect((await pair.run()).copied).toBe(0);
    pair.intercept = () => undefined;
    const before = destination.taken.length;
    expect(before).toBe(2);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect([destination.taken.length, destination.refused]).toEqual([PARTS.length, 2]);
    expect(pair.body("primary", "a")).toBe(PARTS.join(""));
    expect(pair.uploads("primary")).toEqual([]);
  });

  it("arrive over a bad line", async () => {
    const { pair, destination } = lockedPair();
    const parts = Array.from({ length: 60 }, (_, index) => `part ${index}`);
    pair.writeParts("secondary", "a", parts);
    let sent = 0;
    pair.intercept = (_store, operation) => {
      if (operation !== "uploadPart") return;
      sent += 1;
      if (sent % 3 === 0) throw storeError("unreachable");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect([sent, destination.refused]).toEqual([89, 1]);
    expect(pair.body("primary", "a")).toBe(parts.join(""));
  });

  it("arrive though the lock is switched on while they are sent", async () => {
    const { pair, destination } = lockedPair();
    const parts = Array.from({ length: 30 }, (_, index) => `part ${index}`);
    pair.writeParts("secondary", "a", parts);
    destination.isLocked = false;
    pair.intercept = (_store, operation) => {
      if (operation === "uploadPart" && destination.taken.length === 10) destination.isLocked = true;
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(pair.body("primary", "a")).toBe(parts.join(""));
    expect(destination.refused).toBeGreaterThan(0);
    expect(destination.refused).toBeLessThanOrEqual(4);
  });

  it("are refused by the destination where two reads of a part differ, and nothing is completed", async () => {
    const { pair, source } = lockedPair();
    pair.writeParts("secondary", "a", ["one long part", "another long part"]);
    source.spoil = (content, read) => {
      const changed = Buffer.alloc(content.size, `${read}`);
      return { ...content, body: Readable.from(changed, { objectMode: false }) };
    };
    const report = await pair.run();
    expect(kinds(report)).toEqual(["failed a"]);
    expect(report.exceptions[0]?.reason).toContain("does not match Content-MD5");
    expect(pair.stack("primary", "a")).toEqual([]);
    expect(pair.uploads("primary")).toEqual([]);
  });

  it("are reported where the bucket's ETags are no digests, and leave no upload there", async () => {
    class EncryptingClient extends LockedClient {
      public override async uploadPart(key: string, request: UploadPartRequest): Promise<UploadedPart> {
        return { ...(await super.uploadPart(key, request)), etag: "f".repeat(32) };
      }
    }
    const { pair } = lockedPair({ locked: EncryptingClient });
    pair.writeParts("secondary", "a", PARTS);
    expect(kinds(await pair.run())).toEqual(["unsupported a"]);
    expect(pair.uploads("primary")).toEqual([]);
  });
});

describe("objects in parts, into a bucket without object lock", () => {
  it("are read once, and sent without an MD5; several at a time, once the first was taken", async () => {
    const { pair, destination, source } = lockedPair();
    destination.isLocked = false;
    pair.writeParts("secondary", "a", PARTS);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(source.reads).toHaveLength(PARTS.length);
    expect(destination.taken.map(({ contentMd5 }) => contentMd5)).toEqual(PARTS.map(() => undefined));
    expect([destination.taken[0]?.partNumber, destination.mostInFlight]).toEqual([PARTS.length, 4]);
  });

  it("fail where parts are refused for another reason under the same code, and are not sent with an MD5", async () => {
    const { pair, destination } = lockedPair();
    destination.isLocked = false;
    pair.writeParts("secondary", "a", PARTS);
    const given: UploadPartRequest[] = [];
    destination.uploadPart = (_key, request) => {
      given.push(request);
      return Promise.reject(refusal(false));
    };
    const report = await pair.run();
    expect(kinds(report)).toEqual(["failed a"]);
    expect(report.exceptions[0]?.reason).toContain("400 InvalidRequest");
    expect(given.map(({ contentMd5 }) => contentMd5)).toEqual(given.map(() => undefined));
    expect(pair.uploads("primary")).toEqual([]);
  });
});

describe("what a run knows of its destination's parts", () => {
  it("comes from one part at a time, until one was answered", async () => {
    const digests = new PartDigests();
    const answers: ((error?: StoreError) => void)[] = [];
    const plain = () =>
      new Promise<string>((resolve, reject) =>
        answers.push((error) => (error === undefined ? resolve("plain") : reject(error))),
      );
    const withDigest = () => Promise.resolve("with digest");
    const sent = ["first", "second", "third", "fourth"].map(() => digests.send({ plain, withDigest }));
    const outcomes = Promise.allSettled(sent);
    await turn();
    expect(answers).toHaveLength(1);
    // An answer that was lost says nothing: the next one asks.
    answers[0]?.(storeError("unreachable"));
    await turn();
    expect(answers).toHaveLength(2);
    answers[1]?.(refusal(true));
    expect((await outcomes).map((one) => (one.status === "fulfilled" ? one.value : one.status))).toEqual([
      "rejected",
      "with digest",
      "with digest",
      "with digest",
    ]);
    expect(answers).toHaveLength(2);
  });
});
