import { describe, expect, it } from "@jest/globals";
import type { DeleteTarget } from "../../../lambda/s3/object-client";
import { AWKWARD_KEYS } from "./awkward-keys";
import { expectKind, listAll, put } from "./requests";
import type { Subject } from "./subject";

/** Delete markers, which can be taken back, and versions, which cannot. */
export function describeDeletes(subject: Subject): void {
  describe("a delete", () => {
    it("places a delete marker, tells its id, and can be undone by removing it", async () => {
      const { client } = subject;
      const { etag, versionId } = await put(client, "delete/undone", "x");
      const { markerVersionId } = await client.delete({ key: "delete/undone" });
      expect(await client.head("delete/undone")).toBeUndefined();
      expect(await client.versions("delete/undone")).toEqual([
        { versionId: markerVersionId, isDeleteMarker: true, placedAt: expect.any(Date) },
        { versionId, isDeleteMarker: false, etag },
      ]);

      const removed = await client.delete({ key: "delete/undone", versionId: markerVersionId });
      expect(removed.markerVersionId).toBeUndefined();
      expect(await client.head("delete/undone")).toMatchObject({ etag, versionId });
      expect(await client.versions("delete/undone")).toHaveLength(1);
    });

    it("of a version takes that one only", async () => {
      const { client } = subject;
      const old = await put(client, "delete/version", "old");
      const current = await put(client, "delete/version", "new", { condition: { etag: old.etag } });
      expect(await client.delete({ key: "delete/version", versionId: old.versionId })).toEqual({});
      expect(await client.versions("delete/version")).toMatchObject([{ versionId: current.versionId }]);
      await expectKind(client.get("delete/version", { versionId: old.versionId }), "not-found");
    });

    const { marksUnknownKeys = true, deletesGoneVersions = true } = subject.traits;
    it(`of a version that is gone ${deletesGoneVersions ? "succeeds" : "is refused"}, and changes nothing`, async () => {
      const { client } = subject;
      const first = await put(client, "delete/gone", "x");
      const second = await put(client, "delete/gone", "y", { condition: { etag: first.etag } });
      const target = { key: "delete/gone", versionId: first.versionId };
      await client.delete(target);
      if (deletesGoneVersions) expect(await client.delete(target)).toEqual({});
      else await expectKind(client.delete(target), "refused");
      expect(await client.versions("delete/gone")).toMatchObject([{ versionId: second.versionId }]);
    });

    it(`of a key that was never there places ${marksUnknownKeys ? "a" : "no"} marker`, async () => {
      const { client } = subject;
      const { markerVersionId } = await client.delete({ key: "delete/never" });
      const stack = await client.versions("delete/never");
      expect(stack).toMatchObject(
        marksUnknownKeys ? [{ versionId: markerVersionId, isDeleteMarker: true }] : [],
      );
    });
  });

  const destroyed = subject.traits.keepsNoVersionsOf ?? [];
  if (destroyed.length > 0) {
    it.each(destroyed)(
      "a delete of a key with %s destroys: there is no version to return to",
      async (what) => {
        const { client } = subject;
        const key = `unversioned/${AWKWARD_KEYS[what]}`;
        expect((await put(client, key, "x")).versionId).toBe("null");
        expect(await client.versions(key)).toMatchObject([{ versionId: "null", isDeleteMarker: false }]);
        expect(await client.delete({ key })).toEqual({});
        expect(await client.versions(key)).toEqual([]);
      },
    );
  }

  describe("a batch of deletes", () => {
    it("places markers and removes versions, and answers in the order of its targets", async () => {
      const { client } = subject;
      const one = await put(client, "batch/one", "1");
      const two = await put(client, "batch/two", "2");
      const three = await put(client, "batch/three", "3");
      const marker = await client.delete({ key: "batch/three" });
      const results = await client.deleteBatch([
        { key: "batch/two", versionId: two.versionId },
        { key: "batch/one" },
        { key: "batch/three", versionId: marker.markerVersionId },
      ]);
      const [first] = await client.versions("batch/one");
      expect(results).toEqual([{}, { markerVersionId: first?.versionId }, {}]);
      expect(first?.isDeleteMarker).toBe(true);
      expect(await client.get("batch/one", { versionId: one.versionId })).toMatchObject({ etag: one.etag });
      expect(await client.versions("batch/two")).toEqual([]);
      expect(await client.head("batch/three")).toMatchObject({ versionId: three.versionId });
    });

    it("deletes every key that the store can hold", async () => {
      const { client, traits } = subject;
      const skipped = new Set([...(traits.cannotHold ?? []), ...(traits.keepsNoVersionsOf ?? [])]);
      const keys = Object.entries(AWKWARD_KEYS)
        .filter(([what]) => !skipped.has(what))
        .map(([, key]) => key);
      for (const key of keys) {
        // Those of an earlier test may be there, or not.
        if ((await client.head(key)) === undefined) await put(client, key, "x");
      }
      const results = await client.deleteBatch(keys.map((key) => ({ key })));
      expect(results.filter((result) => !("markerVersionId" in result))).toEqual([]);
      const listed = (await listAll(client)).map(({ key }) => key);
      expect(listed.filter((key) => keys.includes(key))).toEqual([]);
      for (const [index, key] of keys.entries()) {
        expect((await client.versions(key))[0]).toEqual({
          isDeleteMarker: true,
          versionId: expect.anything(),
          placedAt: expect.any(Date),
        });
        expect(results[index]).toEqual({ markerVersionId: (await client.versions(key))[0]?.versionId });
      }
    });

    it("takes 1,000 targets, and not one more", async () => {
      const { client } = subject;
      const { versionId } = await put(client, "batch/kept", "x");
      const targets = (count: number): DeleteTarget[] =>
        Array.from({ length: count }, (_, index) => ({ key: `batch/never & <${index}>`, versionId }));
      const results = await client.deleteBatch(targets(1000));
      expect(results).toHaveLength(1000);
      await expectKind(client.deleteBatch(targets(1001)), "refused");
      expect(await client.deleteBatch([])).toEqual([]);
      expect(await client.versions("batch/kept")).toHaveLength(1);
    }, 60_000);
  });
}
