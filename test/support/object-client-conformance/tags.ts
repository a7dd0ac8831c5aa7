import { describe, expect, it } from "@jest/globals";
import { expectKind, put } from "./requests";
import type { Subject } from "./subject";

/** Tags change without the object changing. */
export function describeTags(subject: Subject): void {
  describe("tags", () => {
    it("are replaced as a whole, and change nothing else of the object", async () => {
      const { client } = subject;
      await put(client, "tags/replaced", "x", { tags: { old: "1", both: "2" } });
      const before = await client.head("tags/replaced");
      const tags = { both: "3", "a b": "c+d/e=f@g", none: "" };
      await client.putTags("tags/replaced", tags);
      expect(await client.tags("tags/replaced")).toEqual(tags);
      expect(await client.head("tags/replaced")).toEqual(before);
      await client.putTags("tags/replaced", {});
      expect(await client.tags("tags/replaced")).toEqual({});
      expect(await client.versions("tags/replaced")).toHaveLength(1);
    });

    it("are those of a version", async () => {
      const { client } = subject;
      const old = await put(client, "tags/version", "old", { tags: { of: "old" } });
      await put(client, "tags/version", "new", { tags: { of: "new" }, condition: { etag: old.etag } });
      await client.putTags("tags/version", { of: "old", changed: "yes" }, { versionId: old.versionId });
      expect(await client.tags("tags/version")).toEqual({ of: "new" });
      expect(await client.tags("tags/version", { versionId: old.versionId })).toEqual({
        of: "old",
        changed: "yes",
      });
    });

    const { tagsInAnyLanguage = true, limitsTags = true } = subject.traits;
    it(`${tagsInAnyLanguage ? "may" : "may not"} have names in any language`, async () => {
      const { client } = subject;
      const tags = { größe: "ß 端" };
      await put(client, "tags/language", "x");
      if (tagsInAnyLanguage) {
        await client.putTags("tags/language", tags);
        await put(client, "tags/with-put", "x", { tags });
        expect(await client.tags("tags/language")).toEqual(tags);
        expect(await client.tags("tags/with-put")).toEqual(tags);
      } else {
        await expectKind(client.putTags("tags/language", tags), "refused");
        await expectKind(put(client, "tags/with-put", "x", { tags }), "refused");
      }
    });

    it("cannot be given to what is not there", async () => {
      const { client, writer } = subject;
      await expectKind(client.putTags("tags/missing", { a: "b" }), "not-found");
      await put(client, "tags/marked", "x");
      await writer.delete("tags/marked");
      await expectKind(client.putTags("tags/marked", { a: "b" }), "not-found");
    });

    it(`${limitsTags ? "are" : "are not"} ten at most`, async () => {
      const { client } = subject;
      await put(client, "tags/many", "x");
      const many = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`tag${index}`, "x"]));
      const change = client.putTags("tags/many", many);
      if (limitsTags) await expectKind(change, "refused");
      else await change;
      expect(await client.tags("tags/many")).toEqual(limitsTags ? {} : many);
    });
  });
}
