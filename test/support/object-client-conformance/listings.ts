import { describe, expect, it } from "@jest/globals";
import { compareKeys } from "../../../lambda/s3/key-order";
import { listAll, md5 } from "./requests";
import type { Subject } from "./subject";

/** What is there, page by page. */
export function describeListings(subject: Subject): void {
  describe("listings", () => {
    it("are ascending by UTF-8 bytes, complete over pages, without deleted keys", async () => {
      const names = [
        "a",
        "a-b",
        "b/c",
        "Z",
        "z",
        "\uFF5E",
        "\uE000",
        "\u{1F600}",
        "\u{10000}",
        "é",
        "~",
        "0",
      ];
      const keys = names.map((name) => `page/${name}`);
      for (const key of keys) await subject.writer.write(key, key);
      await subject.writer.write("page/deleted", "x");
      await subject.writer.delete("page/deleted");
      const expected = keys.toSorted(compareKeys);

      for (const limit of [1, 5, 1000]) {
        const objects = (await listAll(subject.client, "page.", limit)).filter(({ key }) =>
          key.startsWith("page/"),
        );
        expect(objects.map(({ key }) => key)).toEqual(expected);
        expect(objects.map(({ etag }) => etag)).toEqual(expected.map((key) => md5(key, "hex")));
        expect(objects.map(({ size }) => size)).toEqual(expected.map((key) => Buffer.byteLength(key)));
      }
    });

    it("begin strictly after a key, whether it exists or not, and tell the server's time", async () => {
      for (const key of ["after/a", "after/b", "after/c"]) await subject.writer.write(key, "x");
      const first = async (after: string) => (await subject.client.list({ after, limit: 1 })).objects[0]?.key;
      expect(await first("after/")).toBe("after/a");
      expect(await first("after/a")).toBe("after/b");
      expect(await first("after/aa")).toBe("after/b");
      const page = await subject.client.list({ after: "after/", limit: 2 });
      expect(page.isTruncated).toBe(true);
      expect(Math.abs(page.serverDate.getTime() - Date.now())).toBeLessThan(60_000);
      const [object] = page.objects;
      const difference = (object?.lastModified.getTime() ?? 0) - page.serverDate.getTime();
      expect(difference).toBeLessThan(1000);
    });

    it("hold keys with a prefix only, over pages, and after a key", async () => {
      const { client, writer } = subject;
      const keys = ["prefix.", "prefix/", "prefix/a b", "prefix/b", "prefix/c&d", "prefix0", "prefiy"];
      for (const key of keys) await writer.write(key, key);
      const expected = ["prefix/", "prefix/a b", "prefix/b", "prefix/c&d"];
      const listed: string[] = [];
      let after: string | undefined;
      for (;;) {
        const page = await client.list({ prefix: "prefix/", after, limit: 2 });
        listed.push(...page.objects.map(({ key }) => key));
        if (!page.isTruncated) break;
        after = page.objects.at(-1)?.key;
      }
      expect(listed).toEqual(expected);
      const later = await client.list({ prefix: "prefix/", after: "prefix/a c" });
      expect(later.objects.map(({ key }) => key)).toEqual(expected.slice(2));
      expect(await client.list({ prefix: "prefix/", after: "q" })).toMatchObject({ objects: [] });
      expect(await client.list({ prefix: "prefix/none" })).toMatchObject({ objects: [], isTruncated: false });
    });

    it("end with a page that is not truncated", async () => {
      expect(await subject.client.list({ after: "\u{10FFFF}" })).toMatchObject({
        objects: [],
        isTruncated: false,
      });
    });
  });
}
