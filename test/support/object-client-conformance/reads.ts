import { describe, expect, it } from "@jest/globals";
import { expectKind, md5, put, textOf } from "./requests";
import type { Subject } from "./subject";

/** Reads of something less than the whole, and of nothing but what was seen. */
export function describeReads(subject: Subject): void {
  describe("ranges", () => {
    it("are read with both ends included, and tell the whole object's ETag", async () => {
      const { client } = subject;
      const { etag } = await put(client, "range/inner", "0123456789");
      const content = await client.get("range/inner", { range: { first: 2, last: 5 } });
      expect(content).toMatchObject({ size: 4, etag });
      expect(await textOf(Promise.resolve(content))).toBe("2345");
      expect(await textOf(client.get("range/inner", { range: { first: 0, last: 9 } }))).toBe("0123456789");
      expect(await textOf(client.get("range/inner", { range: { first: 9, last: 9 } }))).toBe("9");
    });

    it("are cut at the object's end, and refused when they begin after it", async () => {
      const { client } = subject;
      await put(client, "range/end", "0123456789");
      const content = await client.get("range/end", { range: { first: 8, last: 100 } });
      expect(content.size).toBe(2);
      expect(await textOf(Promise.resolve(content))).toBe("89");
      const failure = await expectKind(
        client.get("range/end", { range: { first: 10, last: 11 } }),
        "refused",
      );
      expect(failure).toMatchObject({ code: "InvalidRange", retryable: false });
      await put(client, "range/empty", "");
      await expectKind(client.get("range/empty", { range: { first: 0, last: 0 } }), "refused");
    });

    it("are read of a version, whatever is current", async () => {
      const { client, writer } = subject;
      const { versionId } = await put(client, "range/version", "old bytes");
      await writer.write("range/version", "new bytes");
      expect(await textOf(client.get("range/version", { versionId, range: { first: 0, last: 2 } }))).toBe(
        "old",
      );
    });
  });

  describe("reads on condition", () => {
    it("give what still has the ETag, and refuse anything else", async () => {
      const { client, writer } = subject;
      const { etag, versionId } = await put(client, "if/match", "one");
      const ifMatch = { ifMatch: etag };
      expect(await textOf(client.get("if/match", ifMatch))).toBe("one");
      expect((await client.head("if/match", ifMatch))?.etag).toBe(etag);

      await writer.write("if/match", "two");
      await expectKind(client.get("if/match", ifMatch), "precondition-failed");
      await expectKind(client.head("if/match", ifMatch), "precondition-failed");
      expect(await textOf(client.get("if/match", { ...ifMatch, versionId }))).toBe("one");
      await expectKind(
        client.get("if/match", { versionId, ifMatch: md5("two", "hex") }),
        "precondition-failed",
      );
    });

    it("find nothing where nothing is", async () => {
      const { client } = subject;
      const ifMatch = { ifMatch: md5("one", "hex") };
      await expectKind(client.get("if/missing", ifMatch), "not-found");
      expect(await client.head("if/missing", ifMatch)).toBeUndefined();
    });

    it("hold for ranges", async () => {
      const { client } = subject;
      const { etag } = await put(client, "if/range", "0123456789");
      const range = { first: 0, last: 3 };
      expect(await textOf(client.get("if/range", { ifMatch: etag, range }))).toBe("0123");
      await expectKind(
        client.get("if/range", { ifMatch: md5("other", "hex"), range }),
        "precondition-failed",
      );
    });
  });

  describe("an object that was put at once", () => {
    it("is its own first part, and says nothing of parts", async () => {
      const { client } = subject;
      const { etag } = await put(client, "part/single", "whole");
      const content = await client.get("part/single", { partNumber: 1 });
      expect(content).toMatchObject({ size: 5, etag });
      expect(content.partCount).toBeUndefined();
      expect(await textOf(Promise.resolve(content))).toBe("whole");
      const head = await client.head("part/single", { partNumber: 1 });
      expect(head).toMatchObject({ size: 5, etag });
      expect(head?.partCount).toBeUndefined();
    });

    it("has no second part", async () => {
      const { client } = subject;
      await put(client, "part/second", "whole");
      await expectKind(client.get("part/second", { partNumber: 2 }), "refused");
      await expectKind(client.head("part/second", { partNumber: 2 }), "refused");
    });
  });
}
