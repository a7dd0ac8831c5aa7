import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "@jest/globals";
import { expectKind, md5, put } from "./requests";
import type { Subject } from "./subject";

/** What was there before, and what is not there. */
export function describeVersions(subject: Subject): void {
  describe("what is not there", () => {
    it("has no head, and cannot be read", async () => {
      expect(await subject.client.head("missing/key")).toBeUndefined();
      expect(await subject.client.versions("missing/key")).toEqual([]);
      const failure = await expectKind(subject.client.get("missing/key"), "not-found");
      expect(failure).toMatchObject({ code: "NoSuchKey", bucket: subject.client.bucket, key: "missing/key" });
      await expectKind(subject.client.tags("missing/key"), "not-found");
    });

    it("is hidden by a delete marker, while older versions can be named", async () => {
      const old = await put(subject.client, "missing/marked", "old", { tags: { a: "b" } });
      await subject.writer.delete("missing/marked");
      const [marker] = await subject.client.versions("missing/marked");
      expect(marker).toMatchObject({ isDeleteMarker: true });
      const named = { versionId: marker?.versionId };

      expect(await subject.client.head("missing/marked")).toBeUndefined();
      expect(await subject.client.head("missing/marked", named)).toBeUndefined();
      await expectKind(subject.client.get("missing/marked"), "not-found");
      await expectKind(subject.client.get("missing/marked", named), "not-found");

      const version = { versionId: old.versionId };
      expect((await subject.client.head("missing/marked", version))?.etag).toBe(old.etag);
      expect((await buffer((await subject.client.get("missing/marked", version)).body)).toString()).toBe(
        "old",
      );
      expect(await subject.client.tags("missing/marked", version)).toEqual({ a: "b" });
    });
  });

  describe("version stacks", () => {
    it("are newest first, with delete markers where they were placed", async () => {
      const pause = () =>
        new Promise((resolve) => setTimeout(resolve, subject.traits.versionOrderNeedsMilliseconds ?? 0));
      for (const body of ["one", "two", undefined, "three", undefined, undefined]) {
        if (body === undefined) await subject.writer.delete("stack/key");
        else await subject.writer.write("stack/key", body);
        await pause();
      }
      const marker = { isDeleteMarker: true };
      const version = (body: string) => ({ isDeleteMarker: false, etag: md5(body, "hex") });
      const stack = await subject.client.versions("stack/key");
      expect(stack).toMatchObject([
        marker,
        ...(subject.traits.stacksMarkers === false ? [] : [marker]),
        version("three"),
        marker,
        version("two"),
        version("one"),
      ]);
      expect(new Set(stack.map(({ versionId }) => versionId)).size).toBe(stack.length);
    }, 60_000);

    it("hold the exact key only", async () => {
      for (const key of ["exact/k", "exact/k0", "exact/k-sub/x", "exact/K"])
        await subject.writer.write(key, key);
      expect(await subject.client.versions("exact/k")).toHaveLength(1);
      expect(await subject.client.versions("exact/")).toEqual([]);
    });
  });
}
