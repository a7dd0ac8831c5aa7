import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "@jest/globals";
import type { ObjectHeaders, WriteCondition } from "../../../lambda/s3/object-client";
import {
  ABSENT,
  beginUpload,
  expectKind,
  md5,
  partsEtag,
  putParts,
  textOf,
  uploadPart,
  wholePart,
} from "./requests";
import type { Subject } from "./subject";

/** Objects that are put in parts. */
export function describeMultipart(subject: Subject): void {
  describe("a multipart upload", () => {
    it("becomes one object with headers and tags, whatever the order in which its parts came", async () => {
      const { client } = subject;
      const headers: ObjectHeaders = {
        contentType: "text/html; charset=utf-8",
        cacheControl: "max-age=60",
        contentDisposition: 'attachment; filename="a b.html"',
        contentEncoding: "gzip",
        contentLanguage: "de",
        expires: "Thu, 01 Dec 2044 16:00:00 GMT",
        metadata: { plain: "x", language: "größe" },
      };
      const tags = { team: "web", "a b": "c+d" };
      const contents = [wholePart("one "), "the end"];
      const uploadId = await client.createUpload("multipart/whole", { headers, tags });
      const last = await uploadPart(client, "multipart/whole", uploadId, 7, contents[1] ?? "");
      const first = await uploadPart(client, "multipart/whole", uploadId, 2, contents[0] ?? "");
      expect([first, last]).toEqual([
        { partNumber: 2, etag: md5(wholePart("one "), "hex") },
        { partNumber: 7, etag: md5("the end", "hex") },
      ]);
      expect(await client.parts("multipart/whole", uploadId)).toEqual([
        { ...first, size: wholePart("one ").length },
        { ...last, size: 7 },
      ]);
      expect(await client.head("multipart/whole")).toBeUndefined();

      const parts = [first, last];
      const result = await client.completeUpload("multipart/whole", { uploadId, parts, condition: ABSENT });
      const size = wholePart("").length + 7;
      expect(result.etag).toBe(partsEtag(contents));
      expect(await client.head("multipart/whole")).toMatchObject({ ...result, size, headers });
      expect(await client.tags("multipart/whole")).toEqual(tags);
      const whole = await buffer((await client.get("multipart/whole")).body);
      expect(whole.equals(Buffer.concat(contents.map((part) => Buffer.from(part))))).toBe(true);
      expect((await client.list({ prefix: "multipart/whole" })).objects).toMatchObject([
        { etag: result.etag, size },
      ]);
    });

    it("gives an object whose parts can be read one by one, with the ETag of the whole", async () => {
      const { client } = subject;
      const { etag, versionId } = await putParts(client, "multipart/parts", [wholePart("a"), "bcdef"]);
      expect(await client.head("multipart/parts", { partNumber: 1 })).toMatchObject({
        etag,
        size: wholePart("a").length,
        partCount: 2,
      });
      const second = await client.get("multipart/parts", { versionId, partNumber: 2 });
      expect(second).toMatchObject({ etag, versionId, size: 5, partCount: 2 });
      expect(await textOf(Promise.resolve(second))).toBe("bcdef");
      expect((await client.head("multipart/parts"))?.partCount).toBeUndefined();
      await expectKind(client.get("multipart/parts", { partNumber: 3 }), "refused");

      const first = wholePart("a").length - 2;
      expect(await textOf(client.get("multipart/parts", { range: { first, last: first + 3 } }))).toBe("aabc");
      const conditional = { partNumber: 2, ifMatch: etag };
      expect(await textOf(client.get("multipart/parts", conditional))).toBe("bcdef");
      await expectKind(
        client.get("multipart/parts", { partNumber: 2, ifMatch: md5("bcdef", "hex") }),
        "precondition-failed",
      );
    });

    it("of a single part is a multipart object too", async () => {
      const { client } = subject;
      const { etag } = await putParts(client, "multipart/single", ["alone"]);
      expect(etag).toBe(partsEtag(["alone"]));
      expect(await client.head("multipart/single", { partNumber: 1 })).toMatchObject({
        etag,
        size: 5,
        partCount: 1,
      });
    });

    it("takes parts from streams, and the latest of those with the same number", async () => {
      const { client } = subject;
      const key = "multipart/streamed";
      const uploadId = await client.createUpload(key, { headers: { metadata: {} } });
      await uploadPart(client, key, uploadId, 1, "first attempt");
      const pieces = [Buffer.from("second "), Buffer.from("attempt")];
      const part = { uploadId, partNumber: 1, body: Readable.from(pieces), size: 14 };
      const uploaded = await client.uploadPart(key, part);
      expect(uploaded.etag).toBe(md5("second attempt", "hex"));
      expect(await client.parts(key, uploadId)).toEqual([{ ...uploaded, size: 14 }]);
      await client.completeUpload(key, { uploadId, parts: [uploaded], condition: ABSENT });
      expect(await textOf(client.get(key))).toBe("second attempt");
    });

    it("leaves out parts that its completion does not name", async () => {
      const { client } = subject;
      const { uploadId, parts } = await beginUpload(client, "multipart/chosen", ["kept", "left out"]);
      await client.completeUpload("multipart/chosen", {
        uploadId,
        parts: parts.slice(0, 1),
        condition: ABSENT,
      });
      expect(await textOf(client.get("multipart/chosen"))).toBe("kept");
    });

    it("keeps to the condition of its completion, and stays open when that fails", async () => {
      const { client, writer } = subject;
      const key = "multipart/condition";
      await expectKind(
        client.completeUpload(key, {
          ...(await beginUpload(client, key, ["too early"])),
          condition: { etag: md5("nothing", "hex") },
        }),
        "not-found",
      );
      await writer.write(key, "seen");
      await pause();
      const upload = await beginUpload(client, key, ["in parts"]);
      const complete = (condition: WriteCondition) => client.completeUpload(key, { ...upload, condition });
      await expectKind(complete(ABSENT), "precondition-failed");
      await expectKind(complete({ etag: md5("other", "hex") }), "precondition-failed");
      expect(await textOf(client.get(key))).toBe("seen");
      expect(await client.versions(key)).toHaveLength(1);
      expect(await client.parts(key, upload.uploadId)).toHaveLength(1);

      const { etag, versionId } = await complete({ etag: md5("seen", "hex") });
      expect(await client.head(key)).toMatchObject({ etag, versionId });
      expect(await client.versions(key)).toHaveLength(2);
    });

    const { noticesChangesDuringUpload = true } = subject.traits;
    const verb = noticesChangesDuringUpload ? "is refused" : "succeeds";
    it(`${verb} when the key changed since it began, although its condition holds`, async () => {
      const { client, writer } = subject;
      const expectOutcome = async (key: string, condition: WriteCondition, change: () => Promise<void>) => {
        const upload = await beginUpload(client, key, ["in parts"]);
        await pause();
        await change();
        const completion = client.completeUpload(key, { ...upload, condition });
        if (!noticesChangesDuringUpload) {
          const { etag } = await completion;
          expect((await client.head(key))?.etag).toBe(etag);
          return;
        }
        expect(await expectKind(completion, "precondition-failed")).toMatchObject({
          code: "ConditionalRequestConflict",
        });
      };
      const written = { etag: md5("meanwhile", "hex") };
      await expectOutcome("during/written", written, () => writer.write("during/written", "meanwhile"));
      await writer.write("during/deleted", "before");
      await expectOutcome("during/deleted", ABSENT, () => writer.delete("during/deleted"));
    });

    it("that is completed over a delete marker creates the key", async () => {
      const { client, writer } = subject;
      await writer.write("multipart/marked", "x");
      await writer.delete("multipart/marked");
      const { etag } = await putParts(client, "multipart/marked", ["back"]);
      expect((await client.head("multipart/marked"))?.etag).toBe(etag);
    });

    // Where completions are not atomic, who wins is chance, and nothing can be asserted.
    if (subject.traits.completesOneAtATime === false) return;

    it("wins or loses against others that complete at the same time", async () => {
      const { client } = subject;
      const key = "multipart/race";
      const begun = [];
      for (const text of ["a", "b", "c", "d"]) begun.push(await beginUpload(client, key, [text]));
      const outcomes = await Promise.allSettled(
        begun.map((upload) => client.completeUpload(key, { ...upload, condition: ABSENT })),
      );
      const winners = outcomes.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
      expect(winners).toHaveLength(1);
      for (const outcome of outcomes) {
        if (outcome.status === "rejected") {
          expect(outcome.reason).toMatchObject({ kind: "precondition-failed" });
        }
      }
      expect(await client.head(key)).toMatchObject({ etag: winners[0]?.etag });
      expect(await client.versions(key)).toHaveLength(1);
    });
  });
}

/** Times of changes must differ to be told apart. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 5));
}
