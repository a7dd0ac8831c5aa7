import { afterAll, describe, expect, it } from "@jest/globals";
import { expectKind, put, textOf } from "./requests";
import type { Subject } from "./subject";

/** What the bucket keeps of what is overwritten and deleted. */
export function describeVersioning(subject: Subject): void {
  describe("versioning", () => {
    afterAll(() => subject.opened?.writer.setVersioning("Enabled"));

    it("is told when it is enabled, and when it is suspended", async () => {
      const { client, writer } = subject;
      expect(await client.versioning()).toBe("enabled");
      await writer.setVersioning("Suspended");
      expect(await client.versioning()).toBe("suspended");
    });

    it("suspended keeps old versions, and one that is called null", async () => {
      const { client, writer } = subject;
      await writer.setVersioning("Enabled");
      const old = await put(client, "suspended/key", "old");
      await writer.setVersioning("Suspended");
      const replaced = await put(client, "suspended/key", "replaced", { condition: { etag: old.etag } });
      expect(replaced.versionId).toBe("null");
      await put(client, "suspended/key", "new", { condition: { etag: replaced.etag } });
      expect(await client.versions("suspended/key")).toMatchObject([
        { versionId: "null", isDeleteMarker: false },
        { versionId: old.versionId, isDeleteMarker: false },
      ]);
      const told = subject.traits.tellsMarkersWhenSuspended === false ? {} : { markerVersionId: "null" };
      expect(await client.delete({ key: "suspended/key" })).toEqual(told);
      expect(await client.versions("suspended/key")).toMatchObject([
        { versionId: "null", isDeleteMarker: true },
        { versionId: old.versionId, isDeleteMarker: false },
      ]);
      expect(await textOf(client.get("suspended/key", { versionId: old.versionId }))).toBe("old");
    });

    it("that was never switched on is off: what is deleted is gone", async () => {
      const client = await subject.store.openUnversioned();
      expect(await client.versioning()).toBe("off");
      const { etag, versionId } = await put(client, "off/key", "x");
      expect(versionId).toBe("null");
      expect(await client.head("off/key")).toMatchObject({ etag, versionId: "null" });
      expect(await client.versions("off/key")).toEqual([{ versionId: "null", isDeleteMarker: false, etag }]);
      expect(await client.delete({ key: "off/key" })).toEqual({});
      expect(await client.versions("off/key")).toEqual([]);
      await expectKind(client.get("off/key"), "not-found");
      await put(client, "off/batch", "x");
      expect(await client.deleteBatch([{ key: "off/batch" }])).toEqual([{}]);
      expect(await client.head("off/batch")).toBeUndefined();
    });
  });
}
