import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "@jest/globals";
import type { ObjectHeaders, ObjectTags } from "../../../lambda/s3/object-client";
import { StoreError } from "../../../lambda/s3/store-error";
import { AWKWARD_KEYS } from "./awkward-keys";
import { ABSENT, listAll, md5, put } from "./requests";
import type { Subject } from "./subject";

/** Bytes, headers and keys come back as they were put. */
export function describeObjects(subject: Subject): void {
  describe("objects", () => {
    it("reads back bytes, headers, user metadata and tags as they were put", async () => {
      const headers: ObjectHeaders = {
        contentType: "text/html; charset=utf-8",
        cacheControl: 'public, max-age=60, private="a, b"',
        contentDisposition: `attachment; filename="a b.html"; filename*=UTF-8''a%20b.html`,
        contentEncoding: "gzip",
        contentLanguage: "de, en",
        expires: "Thu, 01 Dec 2044 16:00:00 GMT",
        metadata: { plain: "x", "with-dash_and.dot": "a=b; c, d", spaces: "a  b", empty: "" },
      };
      const tags: ObjectTags = { team: "web", "a b": "c+d/e=f@g", none: "" };
      const result = await put(subject.client, "headers/all", "<p>hello</p>", { headers, tags });

      const content = await subject.client.get("headers/all");
      expect((await buffer(content.body)).toString()).toBe("<p>hello</p>");
      expect(content.headers).toEqual(headers);
      expect(content).toMatchObject({ etag: md5("<p>hello</p>", "hex"), size: 12 });
      expect(content.versionId).toBe(result.versionId);
      expect(result.etag).toBe(content.etag);
      expect(content.tagCount).toBe(subject.traits.countsTagsOfCurrent === false ? 0 : 3);
      const named = await subject.client.get("headers/all", { versionId: result.versionId });
      named.body.destroy();
      expect(named.tagCount).toBe(3);
      expect(await subject.client.tags("headers/all")).toEqual(tags);
      const { body: _body, tagCount: _count, ...head } = content;
      expect(await subject.client.head("headers/all")).toEqual(head);
      expect(Math.abs(Date.now() - content.lastModified.getTime())).toBeLessThan(60_000);
    });

    it("gives an object without a content type S3's own, and no header that was not put", async () => {
      await put(subject.client, "headers/none", "x");
      const head = await subject.client.head("headers/none");
      expect(head?.headers).toEqual({ contentType: "binary/octet-stream", metadata: {} });
      expect((await subject.client.get("headers/none")).tagCount).toBe(0);
      expect(await subject.client.tags("headers/none")).toEqual({});
    });

    const { expiresThatIsNoDate = "kept" } = subject.traits;
    it(`treats an Expires that is no date as ${expiresThatIsNoDate}`, async () => {
      const written = put(subject.client, "headers/expires", "x", {
        headers: { expires: "0", metadata: {} },
      });
      if (expiresThatIsNoDate === "refused") {
        await expect(written).rejects.toBeInstanceOf(StoreError);
        return;
      }
      await written;
      const expected = expiresThatIsNoDate === "kept" ? "0" : undefined;
      expect((await subject.client.head("headers/expires"))?.headers.expires).toBe(expected);
      const content = await subject.client.get("headers/expires");
      content.body.destroy();
      expect(content.headers.expires).toBe(expected);
    });

    it("keeps user metadata in any language", async () => {
      const metadata = { short: "größe \u{1F600}", long: "приклад ".repeat(20).trim(), plain: "a = b" };
      await put(subject.client, "headers/unicode", "x", { headers: { metadata } });
      expect((await subject.client.head("headers/unicode"))?.headers.metadata).toEqual(metadata);
    });

    it("holds an object of 0 bytes", async () => {
      const { etag } = await put(subject.client, "size/empty", "");
      const content = await subject.client.get("size/empty");
      expect((await buffer(content.body)).length).toBe(0);
      expect(content).toMatchObject({ size: 0, etag });
      expect(etag).toBe("d41d8cd98f00b204e9800998ecf8427e");
    });

    it("streams 20 MiB in and out", async () => {
      const piece = Buffer.alloc(1024 * 1024, "storage failover ");
      const whole = Buffer.concat(Array.from({ length: 20 }, () => piece));
      await subject.client.put("size/large", {
        body: Readable.from(Array.from({ length: 20 }, () => piece)),
        size: whole.length,
        contentMd5: md5(whole, "base64"),
        headers: { metadata: {} },
        condition: ABSENT,
      });
      const content = await subject.client.get("size/large");
      expect(content).toMatchObject({ size: whole.length, etag: md5(whole, "hex") });
      const hash = createHash("md5");
      for await (const chunk of content.body) hash.update(chunk);
      expect(hash.digest("hex")).toBe(content.etag);
    });

    const cannotHold = new Set(subject.traits.cannotHold);
    const held = Object.entries(AWKWARD_KEYS).filter(([what]) => !cannotHold.has(what));
    it.each(held)("holds a key with %s", async (what, key) => {
      const body = `body of ${what}`;
      const { versionId } = await put(subject.client, key, body);
      expect((await subject.client.head(key))?.etag).toBe(md5(body, "hex"));
      expect((await buffer((await subject.client.get(key, { versionId })).body)).toString()).toBe(body);
      expect(await subject.client.versions(key)).toEqual([
        { versionId, isDeleteMarker: false, etag: md5(body, "hex") },
      ]);
      expect((await listAll(subject.client)).map((object) => object.key)).toContain(key);
      expect((await subject.client.list({ after: key })).objects.map((object) => object.key)).not.toContain(
        key,
      );
    });

    const refused = Object.entries(AWKWARD_KEYS).filter(([what]) => cannotHold.has(what));
    if (refused.length > 0) {
      it.each(refused)(
        "cannot hold a key with %s: it is refused, or never listed under its name",
        async (_, key) => {
          const outcome = await put(subject.client, key, "x").catch((error: unknown) => error);
          if (outcome instanceof StoreError) expect(outcome.retryable).toBe(false);
          else expect((await listAll(subject.client)).map((object) => object.key)).not.toContain(key);
        },
      );
    }
  });
}
