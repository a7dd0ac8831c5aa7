import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { STAMP_METADATA_KEY } from "../../../contract/stamp";
import { UPLOADS_KEY } from "../../../contract/state-keys";
import { UploadJournal } from "../../../lambda/replicator/upload-journal";
import { StoreError } from "../../../lambda/s3/store-error";
import { InMemoryObjectClient } from "../../support/in-memory-object-client";
import { storedPart } from "../../support/in-memory-objects";
import { uploadsOf } from "../../support/in-memory-uploads";
import { kinds, ReplicatedPair, storeError } from "../../support/replicated-pair";

const PARTS = ["one ", "two ", "three ", "four ", "five"];

const etag = (pair: ReplicatedPair, store: "primary" | "secondary", key: string) => {
  const top = pair.buckets[store].current(key);
  return top?.kind === "object" ? top.etag : undefined;
};
const recorded = (pair: ReplicatedPair, store: "primary" | "secondary" = "secondary") =>
  (JSON.parse(pair.body(store, UPLOADS_KEY) ?? '{"uploads":[]}') as { uploads: { uploadId?: string }[] })
    .uploads;
const asked = (pair: ReplicatedPair, operation: string) =>
  pair.requests.filter((request) => request.split(" ")[1] === operation).length;

/** Nothing that replication began is open or on record. */
function expectTidy(pair: ReplicatedPair): void {
  expect(pair.uploads("secondary")).toEqual([]);
  expect(recorded(pair)).toEqual([]);
}

/** A run whose process dies just before, or just after, the request with this number takes effect. */
async function dies(pair: ReplicatedPair, at: number, moment: "before" | "after"): Promise<boolean> {
  let count = 0;
  let isDead = false;
  const die = () => {
    isDead = true;
    throw new Error("killed");
  };
  const reach = (now: "before" | "after") => {
    if (now === moment) count += 1;
    if (isDead || count === at) die();
  };
  pair.intercept = () => reach("before");
  pair.interceptAfter = () => reach("after");
  await pair.run().catch(() => undefined);
  pair.intercept = () => undefined;
  pair.interceptAfter = () => undefined;
  return isDead;
}

/** A standby that encrypts with keys of its own: its ETags are no digests. */
class EncryptingClient extends InMemoryObjectClient {
  public override async uploadPart(...[key, request]: Parameters<InMemoryObjectClient["uploadPart"]>) {
    return { ...(await super.uploadPart(key, request)), etag: "f".repeat(32) };
  }
}

describe("integrity of objects in parts (rule 10)", () => {
  it("gives the replica the ETag of its original, for any number of parts, and everything that travels", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 12 }),
        async (parts) => {
          const pair = new ReplicatedPair();
          const headers = { cacheControl: "no-cache", metadata: { colour: "blue" } };
          pair.writeParts("primary", "a", parts, headers, { team: "web" });
          expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
          expect(etag(pair, "secondary", "a")).toBe(etag(pair, "primary", "a"));
          expect(pair.body("secondary", "a")).toBe(parts.join(""));
          const head = await pair.clients.secondary.head("a");
          expect(head?.headers).toMatchObject({ cacheControl: "no-cache", metadata: { colour: "blue" } });
          expect(await pair.clients.secondary.tags("a")).toEqual({ team: "web" });
          expectTidy(pair);
          expect(await pair.run()).toMatchObject({ copied: 0, unchanged: 1 });
        },
      ),
      { numRuns: 30, seed: 5 },
    );
  });

  it("overwrites a replica under a condition, in either direction", async () => {
    const pair = await ReplicatedPair.replicated();
    pair.writeParts("primary", "a", PARTS);
    expect(await pair.run()).toMatchObject({ copied: 1 });
    pair.flip("secondary");
    pair.writeParts("secondary", "a", ["other ", "parts"]);
    expect(await pair.run()).toMatchObject({ source: "secondary", copied: 1, exceptions: [] });
    expect(pair.body("primary", "a")).toBe("other parts");
  });

  it("sends again what fails, part by part, so that an object of many parts arrives over a bad line", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts(
      "primary",
      "a",
      Array.from({ length: 60 }, (_, index) => `${index} `),
    );
    let sent = 0;
    pair.intercept = (_store, operation) => {
      if (operation !== "uploadPart") return;
      sent += 1;
      if (sent % 3 === 0) throw storeError("unreachable");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect([asked(pair, "createUpload"), asked(pair, "uploadPart")]).toEqual([1, sent]);
    expect(sent).toBe(89);
    expectTidy(pair);
  });

  it.each(["before", "after"] as const)(
    "goes on after a death just %s any request, and leaves nothing open",
    async (moment) => {
      for (let at = 1; ; at += 1) {
        const pair = new ReplicatedPair();
        pair.writeParts("primary", "a", PARTS);
        if (!(await dies(pair, at, moment))) {
          expect(at).toBeGreaterThan(20);
          break;
        }
        const parts = uploadsOf(pair.buckets.secondary)
          .list("")
          .flatMap(({ key, uploadId }) => uploadsOf(pair.buckets.secondary).parts(key, uploadId));
        const isKnown = recorded(pair)[0]?.uploadId !== undefined;
        const report = await pair.run();
        expect([at, report.outcome]).toEqual([at, "clean"]);
        expect(etag(pair, "secondary", "a")).toBe(etag(pair, "primary", "a"));
        expectTidy(pair);
        // What had arrived is not sent again.
        if (isKnown && report.copied === 1)
          expect([at, asked(pair, "uploadPart")]).toEqual([at, 5 - parts.length]);
        await pair.run();
        expect(pair.puts).toEqual([]);
        expect(asked(pair, "createUpload")).toBe(0);
      }
    },
  );

  it("copies what stands there now when the source was overwritten in between", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts("primary", "a", PARTS);
    pair.intercept = (_store, operation) => {
      if (operation === "completeUpload") throw storeError("unreachable");
    };
    expect((await pair.run()).copied).toBe(0);
    expect(pair.uploads("secondary")).toEqual(["a"]);
    pair.intercept = () => undefined;
    pair.writeParts("primary", "a", ["quite ", "different"]);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(pair.body("secondary", "a")).toBe("quite different");
    expectTidy(pair);
  });

  it("goes on with no upload of an older version, though that had the same content", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts("primary", "a", PARTS, { cacheControl: "no-cache", metadata: {} }, { team: "web" });
    pair.intercept = (_store, operation) => {
      if (operation === "completeUpload") throw storeError("unreachable");
    };
    await pair.run();
    pair.intercept = () => undefined;
    const { versionId } = pair.writeParts("primary", "a", PARTS, { cacheControl: "public", metadata: {} });
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    const replica = await pair.clients.secondary.head("a");
    expect(replica?.headers.cacheControl).toBe("public");
    expect(replica?.headers.metadata[STAMP_METADATA_KEY]).toContain(versionId);
    expect(await pair.clients.secondary.tags("a")).toEqual({});
    expectTidy(pair);
  });

  it("goes on with no upload that was created with other headers, where no version tells them apart", async () => {
    const pair = new ReplicatedPair({ unversioned: ["primary"] });
    pair.writeParts("primary", "a", PARTS, { cacheControl: "no-cache", metadata: {} });
    pair.intercept = (_store, operation) => {
      if (operation === "completeUpload") throw storeError("unreachable");
    };
    await pair.run();
    pair.intercept = () => undefined;
    pair.writeParts("primary", "a", PARTS, { cacheControl: "public", metadata: {} });
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect((await pair.clients.secondary.head("a"))?.headers.cacheControl).toBe("public");
    expectTidy(pair);
  });

  it("sends nothing twice because an answer was lost after the last part", async () => {
    for (const lost of ["that it is complete", "that it is off the record"]) {
      const pair = new ReplicatedPair();
      pair.writeParts("primary", "a", PARTS);
      let isComplete = false;
      let losses = 0;
      pair.interceptAfter = (_store, operation) => {
        isComplete ||= operation === "completeUpload";
        const wanted = lost === "that it is complete" ? "completeUpload" : "put";
        if (!isComplete || operation !== wanted || losses === 1) return;
        losses = 1;
        throw storeError("unreachable");
      };
      expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
      expect([lost, losses, asked(pair, "uploadPart")]).toEqual([lost, 1, PARTS.length]);
      expect(pair.body("secondary", "a")).toBe(PARTS.join(""));
      await pair.run();
      expectTidy(pair);
    }
  });

  it("copies the version that it began with, though the source is overwritten while it copies", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts("primary", "a", PARTS);
    let parts = 0;
    pair.intercept = (_store, operation) => {
      if (operation !== "uploadPart") return;
      parts += 1;
      if (parts === 2) pair.writeParts("primary", "a", ["quite ", "different"]);
    };
    await pair.run();
    expect(pair.body("secondary", "a")).toBe(PARTS.join(""));
    expect(await pair.run()).toMatchObject({ copied: 1 });
    expect(pair.body("secondary", "a")).toBe("quite different");
  });

  it("begins anew where the upload that was on record is gone, or holds parts of something else", async () => {
    for (const spoil of ["abort", "replace a part"] as const) {
      const pair = new ReplicatedPair();
      pair.writeParts("primary", "a", PARTS);
      pair.intercept = (_store, operation) => {
        if (operation === "completeUpload") throw storeError("unreachable");
      };
      await pair.run();
      pair.intercept = () => undefined;
      const uploads = uploadsOf(pair.buckets.secondary);
      const uploadId = recorded(pair)[0]?.uploadId ?? "";
      if (spoil === "abort") uploads.end(uploadId);
      else uploads.addPart("a", uploadId, 2, storedPart(Buffer.from("spoilt")));
      expect([spoil, (await pair.run()).copied]).toEqual([spoil, 1]);
      expect(etag(pair, "secondary", "a")).toBe(etag(pair, "primary", "a"));
      expectTidy(pair);
    }
  });

  it.each(["the direction is lost", "its record cannot be written"])(
    "ends where the upload that was on record is gone, and %s",
    async (what) => {
      const pair = new ReplicatedPair();
      pair.writeParts("primary", "a", PARTS);
      pair.intercept = (_store, operation) => {
        if (operation === "completeUpload") throw storeError("unreachable");
      };
      await pair.run();
      uploadsOf(pair.buckets.secondary).end(recorded(pair)[0]?.uploadId ?? "");
      pair.intercept = (_store, operation, key) => {
        if (pair.requests.length > 200) throw new Error("the run does not end");
        if (what === "the direction is lost" && operation === "parts") {
          pair.flip("secondary");
          pair.clock.advance(20_000);
        }
        if (what !== "the direction is lost" && operation === "put" && key === UPLOADS_KEY)
          throw storeError("access-denied");
      };
      expect((await pair.run()).outcome).toBe("stopped");
      expect(asked(pair, "parts")).toBeLessThanOrEqual(3);
      expect(asked(pair, "createUpload")).toBe(0);
    },
  );

  it("stamps a source whose ETag is no digest of its parts at the second attempt, and knows it again", async () => {
    const pair = new ReplicatedPair();
    pair.writeEncrypted("primary", "a", PARTS);
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(asked(pair, "createUpload")).toBe(2);
    expect(etag(pair, "secondary", "a")).not.toBe(etag(pair, "primary", "a"));
    expectTidy(pair);
    expect(await pair.run()).toMatchObject({ copied: 0, unchanged: 1 });
    pair.flip("secondary");
    pair.delete("secondary", "a");
    expect(await pair.run()).toMatchObject({ removed: 1, exceptions: [] });
  });

  it("reports a destination that encrypts on its own, and leaves no upload there", async () => {
    const pair = new ReplicatedPair({
      clientOf: (store, options) =>
        store === "secondary" ? new EncryptingClient(options) : new InMemoryObjectClient(options),
    });
    pair.writeParts("primary", "a", PARTS);
    expect(kinds(await pair.run())).toEqual(["unsupported a"]);
    expect(pair.body("secondary", "a")).toBeUndefined();
    expectTidy(pair);
  });

  it("leaves no upload and no record for what cannot be copied", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts("primary", "a", PARTS, { metadata: { long: "x".repeat(1950) } });
    expect(kinds(await pair.run())).toEqual(["unsupported a"]);
    expect(asked(pair, "createUpload")).toBe(0);
    expectTidy(pair);
  });

  it("sends no further parts of what cannot be copied", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts(
      "primary",
      "a",
      Array.from({ length: 30 }, (_, index) => `part ${index}`),
    );
    pair.intercept = (_store, operation) => {
      if (operation === "uploadPart" && asked(pair, "uploadPart") === 1) throw storeError("access-denied");
    };
    expect(kinds(await pair.run())).toEqual(["failed a"]);
    expect(asked(pair, "uploadPart")).toBeLessThan(10);
    expectTidy(pair);
  });

  it("completes nothing over what was written meanwhile, and aborts the upload", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts("primary", "a", PARTS);
    pair.intercept = (_store, operation) => {
      if (operation === "completeUpload" && pair.body("secondary", "a") === undefined)
        pair.write("secondary", "a", "mine");
    };
    expect(kinds(await pair.run())).toEqual(["conflict a"]);
    expect(pair.body("secondary", "a")).toBe("mine");
    expectTidy(pair);
  });

  it("completes nothing when the direction was lost while the parts were sent", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts("primary", "a", PARTS);
    let parts = 0;
    pair.intercept = (_store, operation) => {
      if (operation !== "uploadPart") return;
      parts += 1;
      if (parts !== 4) return;
      pair.flip("secondary");
      pair.clock.advance(20_001);
    };
    expect((await pair.run()).outcome).toBe("stopped");
    expect(asked(pair, "completeUpload") + asked(pair, "abortUpload")).toBe(0);
    expect(pair.body("secondary", "a")).toBeUndefined();
  });

  it("does not mistake an object that was put at once for one in parts, or the other way round", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts("primary", "a", PARTS);
    pair.intercept = (store, operation, key) => {
      if (store === "primary" && operation === "head" && key === "a")
        pair.write("primary", "a", "in one piece");
    };
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect(pair.body("secondary", "a")).toBe("in one piece");
    expect(asked(pair, "createUpload")).toBe(0);
  });
});

const MINUTE = 60_000;

describe("uploads that nobody goes on with (rule 10)", () => {
  /** A run that leaves an upload open, and an object that is deleted afterwards, so that nobody goes on with it. */
  async function abandoned(): Promise<ReplicatedPair> {
    const pair = new ReplicatedPair();
    pair.writeParts("primary", "a", PARTS);
    pair.intercept = (_store, operation) => {
      if (operation === "completeUpload") throw storeError("unreachable");
    };
    await pair.run();
    pair.intercept = () => undefined;
    pair.delete("primary", "a");
    expect(pair.uploads("secondary")).toEqual(["a"]);
    return pair;
  }

  it("are aborted by the next run", async () => {
    const pair = await abandoned();
    expect((await pair.run()).outcome).toBe("clean");
    expectTidy(pair);
  });

  it("are not aborted by the run that completes them", async () => {
    const pair = new ReplicatedPair();
    pair.writeParts("primary", "a", PARTS);
    pair.intercept = (_store, operation) => {
      if (operation === "completeUpload") throw storeError("unreachable");
    };
    await pair.run();
    pair.intercept = () => undefined;
    expect(await pair.run()).toMatchObject({ outcome: "clean", copied: 1 });
    expect([asked(pair, "createUpload"), asked(pair, "abortUpload")]).toEqual([0, 0]);
    expectTidy(pair);
  });

  it("are never aborted on the active store, and are once it is on standby again", async () => {
    const pair = await abandoned();
    pair.flip("secondary");
    await pair.run();
    expect(pair.requests.filter((request) => request.startsWith("secondary abortUpload"))).toEqual([]);
    expect(pair.uploads("secondary")).toEqual(["a"]);
    pair.flip("primary");
    await pair.run();
    expectTidy(pair);
  });

  it("of clients are left alone, of the same key too", async () => {
    const pair = await abandoned();
    const uploads = uploadsOf(pair.buckets.secondary);
    for (const key of ["a", "b"]) {
      const upload = {
        uploadId: `client's ${key}`,
        key,
        initiated: pair.clock.monotonic(),
        keyExisted: false,
      };
      uploads.begin({ ...upload, headers: { metadata: {} }, tags: {} });
    }
    await pair.run();
    expect(pair.uploads("secondary")).toEqual(["a", "b"]);
  });

  it.each([
    ["aborted when they are as old as clocks may differ", -15 * MINUTE, 0],
    ["left alone when they are older", -15 * MINUTE - 1000, 1],
    [
      "aborted when they are as young as such a process may have lived, and clocks may differ",
      30 * MINUTE,
      0,
    ],
    ["left alone when they are younger", 30 * MINUTE + 1000, 1],
  ])("and whose id was never learnt are %s", async (_what, age, left) => {
    const pair = new ReplicatedPair();
    const begunAt = new Date(pair.clock.monotonic()).toISOString();
    const record = { id: "i", key: "a", versionId: "p1", etag: "e", begunAt };
    pair.write("secondary", UPLOADS_KEY, JSON.stringify({ uploads: [record] }));
    const initiated = Date.parse(begunAt) + age;
    const upload = {
      uploadId: "u",
      key: "a",
      initiated,
      keyExisted: false,
      headers: { metadata: {} },
      tags: {},
    };
    uploadsOf(pair.buckets.secondary).begin(upload);
    expect((await pair.run()).outcome).toBe("clean");
    expect(pair.uploads("secondary")).toHaveLength(left);
    expect(recorded(pair)).toEqual([]);
  });

  it("wait for a run that reaches the end", async () => {
    const pair = await abandoned();
    for (const key of ["b", "c"]) pair.write("primary", key, key);
    await pair.run({ budgetMilliseconds: 0 });
    expect(pair.uploads("secondary")).toEqual(["a"]);
    await pair.run();
    expectTidy(pair);
  });
});

describe("the journal of uploads (rule 10)", () => {
  const upload = (id: string) => ({
    id,
    key: `key ${id}`,
    versionId: "v",
    etag: "e",
    begunAt: "2026-01-01T00:00:00Z",
  });
  const confirm = () => Promise.resolve();

  it("writes changes that come together in one request", async () => {
    let puts = 0;
    const client = new InMemoryObjectClient({
      intercept: (operation) => {
        if (operation === "put") puts += 1;
      },
    });
    const journal = new UploadJournal(client, confirm);
    const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
    await Promise.all(ids.map((id) => journal.record(upload(id))));
    expect(puts).toBe(2);
    expect(await new UploadJournal(client, confirm).recorded()).toHaveLength(20);
  });

  it("keeps what another runner wrote at the same moment", async () => {
    const client = new InMemoryObjectClient();
    const [first, second] = [new UploadJournal(client, confirm), new UploadJournal(client, confirm)];
    await Promise.all([first.recorded(), second.recorded()]);
    await Promise.all(
      ["1", "2", "3"].flatMap((id) => [first.record(upload(id)), second.record(upload(`${id}'`))]),
    );
    const { uploads } = { uploads: await new UploadJournal(client, confirm).recorded() };
    expect(uploads.map(({ id }) => id).toSorted()).toEqual(["1", "1'", "2", "2'", "3", "3'"]);
    await first.forget({ id: "1'" });
    expect(await new UploadJournal(client, confirm).recorded()).toHaveLength(5);
  });

  it("does not forget a record that says more by now", async () => {
    const client = new InMemoryObjectClient();
    const [owner, other] = [new UploadJournal(client, confirm), new UploadJournal(client, confirm)];
    await owner.record(upload("1"));
    const [seen] = await other.recorded();
    await owner.record({ ...upload("1"), uploadId: "u" });
    await other.forget(seen ?? upload("1"));
    expect(await new UploadJournal(client, confirm).recorded()).toEqual([{ ...upload("1"), uploadId: "u" }]);
  });

  it("looks at what is stored after a write whose answer was lost", async () => {
    let lost = 0;
    const client = new InMemoryObjectClient({
      interceptAfter: (operation) => {
        lost += operation === "put" ? 1 : 0;
        if (operation === "put" && lost === 1) throw storeError("timeout");
      },
    });
    const journal = new UploadJournal(client, confirm);
    await expect(journal.record(upload("1"))).rejects.toBeInstanceOf(StoreError);
    expect(await journal.recorded()).toEqual([upload("1")]);
    await journal.record(upload("1"));
    expect(await new UploadJournal(client, confirm).recorded()).toEqual([upload("1")]);
  });

  it.each([
    ["no list", {}],
    ["an upload of no key", { uploads: [{ ...upload("1"), key: "" }] }],
    ["an upload of unknown time", { uploads: [{ ...upload("1"), begunAt: 7 }] }],
    ["an id that is none", { uploads: [{ ...upload("1"), uploadId: 7 }] }],
  ])("stops the run where it holds %s, and aborts nothing", async (_what, journal) => {
    const pair = await ReplicatedPair.replicated();
    pair.write("secondary", UPLOADS_KEY, JSON.stringify(journal));
    const report = await pair.run();
    expect(report.outcome).toBe("stopped");
    expect(report.reason).toContain(`${UPLOADS_KEY} is not understood`);
    expect(asked(pair, "abortUpload")).toBe(0);
  });

  it("writes nothing when the direction is lost", async () => {
    const client = new InMemoryObjectClient();
    const journal = new UploadJournal(client, () => Promise.reject(new Error("direction lost")));
    await expect(journal.record(upload("1"))).rejects.toThrow("direction lost");
    expect(client.contents.current(UPLOADS_KEY)).toBeUndefined();
  });
});
