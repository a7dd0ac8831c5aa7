import { Readable } from "node:stream";
import { describe, expect, it } from "@jest/globals";
import { ABSENT, expectKind, md5, onlyWinner, put, putStream } from "./requests";
import type { Subject } from "./subject";

/** Who may write: nobody without having seen what is there. */
export function describeConditionalPuts(subject: Subject): void {
  describe("conditions", () => {
    it("refuses to create a key that exists, and leaves it as it was", async () => {
      const first = await put(subject.client, "condition/exists", "one");
      await expectKind(put(subject.client, "condition/exists", "two"), "precondition-failed");
      expect(await subject.client.head("condition/exists")).toMatchObject(first);
      expect(await subject.client.versions("condition/exists")).toHaveLength(1);
    });

    it("creates a key over a delete marker", async () => {
      await subject.writer.write("condition/deleted", "one");
      await subject.writer.delete("condition/deleted");
      const { etag } = await put(subject.client, "condition/deleted", "two");
      expect((await subject.client.head("condition/deleted"))?.etag).toBe(etag);
    });

    it("overwrites the ETag that was seen, and no other", async () => {
      const seen = await put(subject.client, "condition/match", "one");
      const next = await put(subject.client, "condition/match", "two", { condition: { etag: seen.etag } });
      expect((await subject.client.head("condition/match"))?.versionId).toBe(next.versionId);
      await expectKind(
        put(subject.client, "condition/match", "three", { condition: { etag: seen.etag } }),
        "precondition-failed",
      );
      expect((await subject.client.head("condition/match"))?.etag).toBe(next.etag);
    });

    it("does not overwrite what is not there", async () => {
      const condition = { etag: md5("one", "hex") };
      await expectKind(put(subject.client, "condition/missing", "two", { condition }), "not-found");
      await subject.writer.write("condition/gone", "one");
      await subject.writer.delete("condition/gone");
      await expectKind(put(subject.client, "condition/gone", "two", { condition }), "not-found");
      expect(await subject.client.head("condition/gone")).toBeUndefined();
    });

    it("lets exactly one of many writers win", async () => {
      const bodies = Array.from({ length: 8 }, (_, index) => `writer ${index}`);
      const created = await Promise.allSettled(
        bodies.map((body) => put(subject.client, "race/create", body)),
      );
      expect(onlyWinner(created)).toMatchObject({ etag: (await subject.client.head("race/create"))?.etag });

      const { etag } = await put(subject.client, "race/overwrite", "seen");
      const overwritten = await Promise.allSettled(
        bodies.map((body) => put(subject.client, "race/overwrite", body, { condition: { etag } })),
      );
      expect(onlyWinner(overwritten)).toMatchObject({
        etag: (await subject.client.head("race/overwrite"))?.etag,
      });
      expect(await subject.client.versions("race/overwrite")).toHaveLength(2);
    });
  });

  describe("bodies that are not what was announced", () => {
    it("refuses a body that does not match its MD5", async () => {
      const body = Buffer.from("sent");
      const request = { body, size: 4, contentMd5: md5("meant", "base64"), headers: { metadata: {} } };
      await expectKind(subject.client.put("body/wrong", { ...request, condition: ABSENT }), "refused");
      expect(await subject.client.versions("body/wrong")).toEqual([]);
    });

    it("stores nothing when a streamed body breaks off", async () => {
      const body = Readable.from(
        (async function* () {
          yield Buffer.alloc(100_000, 1);
          await new Promise((resolve) => setTimeout(resolve, 50));
          throw new Error("the source broke off");
        })(),
      );
      const failure = await putStream(subject.client, "body/broken", body, 200_000).catch(
        (error: unknown) => error,
      );
      expect(failure).toMatchObject({ name: "StoreError", kind: "unreachable", operation: "PutObject" });
      expect(body.destroyed).toBe(true);
      expect(await subject.client.versions("body/broken")).toEqual([]);
    });

    it.each([
      ["shorter", 150_000],
      ["longer", 50_000],
    ])("stores nothing when a streamed body is %s than announced", async (what, announced) => {
      const key = `body/${what}`;
      const body = Readable.from([Buffer.alloc(50_000, 1), Buffer.alloc(50_000, 2)]);
      const failure = await putStream(subject.client, key, body, announced).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: "StoreError", kind: "refused" });
      expect(await subject.client.versions(key)).toEqual([]);
    });
  });
}
