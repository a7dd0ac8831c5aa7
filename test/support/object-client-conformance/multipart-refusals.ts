import { Readable } from "node:stream";
import { describe, expect, it } from "@jest/globals";
import type { UploadedPart } from "../../../lambda/s3/object-client";
import { AWKWARD_KEYS } from "./awkward-keys";
import { ABSENT, beginUpload, expectKind, md5, uploadPart, wholePart } from "./requests";
import type { Subject } from "./subject";

/** Uploads that do not become an object, and those that are still open. */
export function describeMultipartRefusals(subject: Subject): void {
  describe("an upload that is not there", () => {
    it("was aborted: nothing of it is left, and aborting it again is no failure", async () => {
      const { client } = subject;
      const key = "aborted/key";
      const { uploadId, parts } = await beginUpload(client, key, ["x"]);
      await client.abortUpload(key, uploadId);
      await client.abortUpload(key, uploadId);
      expect(await client.uploads(key)).toEqual([]);
      expect(await client.head(key)).toBeUndefined();
      await expectKind(uploadPart(client, key, uploadId, 1, "x"), "not-found");
      await expectKind(client.parts(key, uploadId), "not-found");
      const failure = await expectKind(
        client.completeUpload(key, { uploadId, parts, condition: ABSENT }),
        "not-found",
      );
      expect(failure).toMatchObject({ code: "NoSuchUpload", operation: "CompleteMultipartUpload", key });
      expect(await client.versions(key)).toEqual([]);
    });

    it("was completed: a second completion does not put the object again", async () => {
      const { client } = subject;
      const key = "completed/key";
      const upload = await beginUpload(client, key, ["x"]);
      const { etag } = await client.completeUpload(key, { ...upload, condition: ABSENT });
      expect(await client.uploads(key)).toEqual([]);
      await client.abortUpload(key, upload.uploadId);
      await expectKind(client.parts(key, upload.uploadId), "not-found");
      const again = client.completeUpload(key, { ...upload, condition: { etag } });
      await again.catch((error: unknown) => expect(error).toMatchObject({ kind: "not-found" }));
      expect(await client.versions(key)).toHaveLength(1);
      expect((await client.head(key))?.etag).toBe(etag);
    });
  });

  describe("a completion is refused", () => {
    const refused = async (
      key: string,
      contents: readonly (string | Buffer)[],
      choose: (parts: readonly UploadedPart[]) => readonly UploadedPart[],
      code: string,
    ) => {
      const { client } = subject;
      const { uploadId, parts } = await beginUpload(client, key, contents);
      const failure = await expectKind(
        client.completeUpload(key, { uploadId, parts: choose(parts), condition: ABSENT }),
        "refused",
      );
      expect(failure).toMatchObject({ code, retryable: false });
      expect(await client.head(key)).toBeUndefined();
      // Still open: it can be completed as it should, or aborted.
      expect(await client.parts(key, uploadId)).toHaveLength(parts.length);
      await client.abortUpload(key, uploadId);
    };

    it("when it names a part that has another ETag, or is not there", async () => {
      const wrong = md5("other", "hex");
      await refused("invalid/etag", ["x"], () => [{ partNumber: 1, etag: wrong }], "InvalidPart");
      await refused(
        "invalid/number",
        ["x"],
        ([part]) => [{ partNumber: 2, etag: part?.etag ?? "" }],
        "InvalidPart",
      );
    });

    it("when its parts are not ascending", async () => {
      await refused(
        "invalid/order",
        [wholePart("a"), wholePart("b")],
        (parts) => parts.toReversed(),
        "InvalidPartOrder",
      );
    });

    it("when a part before the last is too small", async () => {
      await refused("invalid/small", ["a", "b"], (parts) => parts, "EntityTooSmall");
    });
  });

  describe("a part that is not what was announced", () => {
    it("is refused where it does not match its MD5", async () => {
      const { client } = subject;
      const uploadId = await client.createUpload("parts/md5", { headers: { metadata: {} } });
      const part = { uploadId, partNumber: 1, body: Buffer.from("sent"), size: 4 };
      await expectKind(
        client.uploadPart("parts/md5", { ...part, contentMd5: md5("meant", "base64") }),
        "refused",
      );
      expect(await client.parts("parts/md5", uploadId)).toEqual([]);
      await client.abortUpload("parts/md5", uploadId);
    });

    it("stores nothing when its stream breaks off or is too short", async () => {
      const { client } = subject;
      const uploadId = await client.createUpload("parts/broken", { headers: { metadata: {} } });
      const broken = Readable.from(
        (async function* () {
          yield Buffer.alloc(1000, 1);
          await new Promise((resolve) => setTimeout(resolve, 20));
          throw new Error("the source broke off");
        })(),
      );
      const send = (body: Readable) =>
        client.uploadPart("parts/broken", { uploadId, partNumber: 1, body, size: 2000 });
      await expectKind(send(broken), "unreachable");
      expect(broken.destroyed).toBe(true);
      const short = Readable.from([Buffer.alloc(1000, 1)]);
      await expectKind(send(short), "refused");
      expect(await client.parts("parts/broken", uploadId)).toEqual([]);
      await client.abortUpload("parts/broken", uploadId);
    });
  });

  describe("open uploads", () => {
    it("are those of exactly this key, oldest first", async () => {
      const { client } = subject;
      const begun: string[] = [];
      while (begun.length < 3) {
        begun.push(await client.createUpload("open/key", { headers: { metadata: {} } }));
        // Times must differ to be told apart.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      const others = ["open/key0", "open/key/below", "open/ke"];
      for (const other of others) await client.createUpload(other, { headers: { metadata: {} } });
      const uploads = await client.uploads("open/key");
      expect(uploads.map(({ uploadId }) => uploadId)).toEqual(begun);
      for (const { initiated } of uploads) {
        expect(Math.abs(Date.now() - initiated.getTime())).toBeLessThan(60_000);
      }
      await client.abortUpload("open/key", begun[1] ?? "");
      expect(await client.uploads("open/key")).toMatchObject([
        { uploadId: begun[0] },
        { uploadId: begun[2] },
      ]);
      expect(await client.uploads("open/")).toEqual([]);
    }, 30_000);

    it("are told for every key that the store can hold", async () => {
      const { client, traits } = subject;
      const { cannotHold = [], cannotHoldInParts = [] } = traits;
      for (const [what, key] of Object.entries(AWKWARD_KEYS)) {
        if (cannotHold.includes(what)) continue;
        if (cannotHoldInParts.includes(what)) {
          await expectKind(client.createUpload(key, { headers: { metadata: {} } }), "refused");
          continue;
        }
        const { uploadId } = await beginUpload(client, key, [what]);
        expect(await client.uploads(key)).toMatchObject([{ uploadId }]);
        expect(await client.parts(key, uploadId)).toHaveLength(1);
        await client.abortUpload(key, uploadId);
      }
    });
  });
}
