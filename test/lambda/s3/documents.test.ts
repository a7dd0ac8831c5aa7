import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { inspect } from "node:util";
import { describe, expect, it } from "@jest/globals";
import { S3_CLIENT_NAMES } from "../../../contract/environment";
import type { Credentials } from "../../../lambda/s3/credentials-source";
import type { ObjectClient } from "../../../lambda/s3/object-client";
import {
  type Answer,
  answeringClients,
  failureOf,
  putText,
  refusing,
  SECRET,
  xmlError,
} from "../../support/answering-clients";

/** A document as S3 sends it, with its namespace. */
function document(root: string, content: string): Answer {
  return refusing(
    200,
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${content}</${root}>`,
  );
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URL(request.url ?? "", "http://x").searchParams;
}

const SOMEBODY_ELSES_PAGE = refusing(200, "<html><body>Welcome</body></html>");

describe.each(S3_CLIENT_NAMES)("documents that the %s client reads", (implementation) => {
  const { clientOf } = answeringClients(implementation);

  describe("the completion of an upload", () => {
    const complete = (client: ObjectClient) =>
      client.completeUpload("key", {
        uploadId: "u",
        parts: [{ partNumber: 1, etag: "e" }],
        condition: { absent: true },
      });

    it("tells ETag and version, and sends the parts and the condition", async () => {
      let sent = "";
      const client = await clientOf((request, response) => {
        void text(request).then((body) => {
          sent = `${request.method} ${request.url} ${String(request.headers["if-none-match"])} ${body}`;
          response.setHeader("x-amz-version-id", "v7");
          document("CompleteMultipartUploadResult", "<ETag>&quot;whole-1&quot;</ETag>")(request, response);
        });
      });
      expect(await complete(client)).toEqual({ etag: "whole-1", versionId: "v7" });
      expect(sent).toMatch(/^POST \/bucket\/key\?(.*&)?uploadId=u.* \* /);
      expect(sent.replaceAll("&quot;", '"')).toMatch(
        /<Part>(<ETag>"e"<\/ETag><PartNumber>1<\/PartNumber>|<PartNumber>1<\/PartNumber><ETag>"e"<\/ETag>)<\/Part>/,
      );
    });

    it.each([
      ["InternalError", "server-error", true],
      ["SlowDown", "throttled", true],
      ["PreconditionFailed", "precondition-failed", false],
      ["NoSuchUpload", "not-found", false],
      ["InvalidPart", "refused", false],
    ])("that is answered 200 with %s in the body has failed: %s", async (code, kind, retryable) => {
      // S3 keeps the connection alive with spaces until it knows.
      const client = await clientOf(refusing(200, `\n   ${xmlError(code)}`));
      expect(await failureOf(complete(client))).toMatchObject({ kind, code, retryable });
    });

    it("that failed with words that repeat the secret is reported without it", async () => {
      const said = `<Error><Code>InternalError</Code><Message>signed with ${SECRET}, ${encodeURIComponent(SECRET)}</Message></Error>`;
      const client = await clientOf(refusing(200, said));
      const failure = await failureOf(complete(client));
      expect(failure).toMatchObject({ kind: "server-error", code: "InternalError" });
      expect(failure.message).toContain("signed with");
      expect(inspect(failure, { depth: 10 })).not.toContain(SECRET);
    });

    it.each([
      ["empty", refusing(200, "")],
      ["somebody else's page", SOMEBODY_ELSES_PAGE],
      ["cut off", refusing(200, "<CompleteMultipartUploadResult><ETag>&quot;e")],
      ["without an ETag", document("CompleteMultipartUploadResult", "<Key>key</Key>")],
    ])("that is answered 200 and is %s is not known to have succeeded", async (_, answer) => {
      const client = await clientOf(answer);
      expect(await failureOf(complete(client))).toMatchObject({ retryable: true });
    });
  });

  describe("the parts of an upload", () => {
    const part = (number: number, size = 5) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>&quot;e${number}&quot;</ETag><Size>${size}</Size></Part>`;
    const page = (parts: string, isTruncated: boolean) =>
      document(
        "ListPartsResult",
        `<UploadId>u</UploadId><IsTruncated>${isTruncated}</IsTruncated><NextPartNumberMarker>2</NextPartNumberMarker>${parts}`,
      );

    it("are read page by page", async () => {
      const asked: (string | null)[] = [];
      const client = await clientOf((request, response) => {
        const marker = queryOf(request).get("part-number-marker");
        asked.push(marker);
        (marker === null ? page(part(1) + part(2), true) : page(part(7, 3), false))(request, response);
      });
      expect(await client.parts("key", "u")).toEqual([
        { partNumber: 1, etag: "e1", size: 5 },
        { partNumber: 2, etag: "e2", size: 5 },
        { partNumber: 7, etag: "e7", size: 3 },
      ]);
      expect(asked).toEqual([null, "2"]);
    });

    it.each([
      ["never end", page(part(1) + part(2), true)],
      ["are not ascending", page(part(2) + part(1), false)],
      ["go on but show nothing", page("", true)],
      ["have no size", page("<Part><PartNumber>1</PartNumber><ETag>e</ETag></Part>", false)],
      ["are somebody else's page", SOMEBODY_ELSES_PAGE],
    ])("that %s are malformed", async (_, answer) => {
      const client = await clientOf(answer);
      expect(await failureOf(client.parts("key", "u"))).toMatchObject({ kind: "malformed-answer" });
    });
  });

  describe("open uploads", () => {
    const upload = (key: string, id: string, second: number) =>
      `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>2031-01-01T00:00:0${second}.000Z</Initiated></Upload>`;
    const page = (uploads: string, next = "") =>
      document(
        "ListMultipartUploadsResult",
        `<EncodingType>url</EncodingType><IsTruncated>${next !== ""}</IsTruncated>${next}${uploads}`,
      );

    it("of exactly the key are found over pages, and put in order of age", async () => {
      const asked: string[] = [];
      const client = await clientOf((request, response) => {
        const query = queryOf(request);
        asked.push([query.get("prefix"), query.get("key-marker"), query.get("upload-id-marker")].join(" | "));
        const next = "<NextKeyMarker>a+b</NextKeyMarker><NextUploadIdMarker>late</NextUploadIdMarker>";
        const first = page(upload("a+b", "later", 5) + upload("a+b", "late", 3), next);
        const second = page(upload("a+b", "early", 1) + upload("a+b%2Bc", "other", 1));
        (asked.length === 1 ? first : second)(request, response);
      });
      const uploads = await client.uploads("a b");
      expect(uploads.map(({ uploadId }) => uploadId)).toEqual(["early", "late", "later"]);
      expect(uploads[0]?.initiated).toEqual(new Date("2031-01-01T00:00:01Z"));
      expect(asked).toEqual(["a b |  | ", "a b | a b | late"]);
    });

    it("are found where the store says that it encodes keys, and does not", async () => {
      const client = await clientOf(page(upload("100%+1", "mine", 1) + upload("100%+1%", "other", 1)));
      expect(await client.uploads("100%+1")).toMatchObject([{ uploadId: "mine" }]);
    });

    it.each([
      ["never end", page(upload("key", "u", 1), "<NextKeyMarker>key</NextKeyMarker>")],
      ["have no id", page("<Upload><Key>key</Key></Upload>")],
      ["are somebody else's page", SOMEBODY_ELSES_PAGE],
    ])("that %s are malformed, and never none", async (_, answer) => {
      const client = await clientOf(answer);
      expect(await failureOf(client.uploads("key"))).toMatchObject({ kind: "malformed-answer" });
    });
  });

  describe("a bucket's versioning", () => {
    it.each([
      ["<Status>Enabled</Status>", "enabled"],
      ["<Status>Suspended</Status>", "suspended"],
      ["", "off"],
    ] as const)("%j is %s", async (content, expected) => {
      const client = await clientOf(document("VersioningConfiguration", content));
      expect(await client.versioning()).toBe(expected);
    });

    it.each([
      ["of another state", document("VersioningConfiguration", "<Status>Perhaps</Status>")],
      ["of somebody else's page", SOMEBODY_ELSES_PAGE],
      ["of nothing at all", refusing(200, "")],
    ])("%s is malformed, and never off", async (_, answer) => {
      const client = await clientOf(answer);
      expect(await failureOf(client.versioning())).toMatchObject({ kind: "malformed-answer" });
    });
  });

  describe("a batch of deletes", () => {
    it("tells each outcome in the order of its targets, whatever the order of the answer", async () => {
      const client = await clientOf(
        document(
          "DeleteResult",
          [
            "<Deleted><Key>a &amp; b</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>m1</DeleteMarkerVersionId></Deleted>",
            "<Error><Key>slow</Key><Code>SlowDown</Code><Message>wait</Message></Error>",
            "<Deleted><Key>same</Key><VersionId>v1</VersionId></Deleted>",
            "<Error><Key>same</Key><VersionId>v2</VersionId><Code>AccessDenied</Code><Message>no</Message></Error>",
            "<Deleted><Key>marker</Key><VersionId>m0</VersionId><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>m0</DeleteMarkerVersionId></Deleted>",
          ].join(""),
        ),
      );
      const results = await client.deleteBatch([
        { key: "same", versionId: "v2" },
        { key: "marker", versionId: "m0" },
        { key: "slow" },
        { key: "same", versionId: "v1" },
        { key: "a & b" },
        { key: "forgotten" },
      ]);
      expect(results).toEqual([
        { error: expect.objectContaining({ kind: "access-denied", code: "AccessDenied", key: "same" }) },
        {},
        { error: expect.objectContaining({ kind: "throttled", code: "SlowDown", key: "slow" }) },
        {},
        { markerVersionId: "m1" },
        // What the answer does not tell may have happened, or not.
        { error: expect.objectContaining({ kind: "malformed-answer", key: "forgotten" }) },
      ]);
    });

    it("vouches for its body with Content-MD5, and with nothing that an older store would refuse", async () => {
      const seen: { md5?: string | undefined; body: Buffer; checksums: string[] }[] = [];
      const client = await clientOf((request, response) => {
        void buffer(request).then((body) => {
          const checksums = Object.keys(request.headers).filter((name) => name.includes("checksum"));
          seen.push({ md5: request.headers["content-md5"]?.toString(), body, checksums });
          const answer = queryOf(request).has("delete") ? document("DeleteResult", "") : refusing(200, "");
          answer(request, response);
        });
      });
      await client.deleteBatch([{ key: "a" }]);
      await client.putTags("key", { a: "b" });
      expect(seen).toHaveLength(2);
      for (const { md5, body, checksums } of seen) {
        expect(md5).toBe(createHash("md5").update(body).digest("base64"));
        expect(checksums).toEqual([]);
      }
    });

    it("deletes alone what XML cannot name", async () => {
      const asked: string[] = [];
      const client = await clientOf((request, response) => {
        asked.push(`${request.method} ${request.url?.replace(/\?.*/, "")}`);
        if (request.method !== "DELETE") {
          document("DeleteResult", "<Deleted><Key>plain</Key></Deleted>")(request, response);
          return;
        }
        response.writeHead(204, { "x-amz-delete-marker": "true", "x-amz-version-id": "m" }).end();
      });
      expect(await client.deleteBatch([{ key: "a\u0001b" }, { key: "plain" }])).toEqual([
        { markerVersionId: "m" },
        {},
      ]);
      expect(asked.toSorted()).toEqual(["DELETE /bucket/a%01b", expect.stringMatching(/^POST \/bucket\/?$/)]);
    });

    it.each([
      ["somebody else's page", SOMEBODY_ELSES_PAGE],
      ["cut off", refusing(200, "<DeleteResult><Deleted><Key>a</Ke")],
    ])("whose answer is %s is malformed", async (_, answer) => {
      const client = await clientOf(answer);
      expect(await failureOf(client.deleteBatch([{ key: "a" }]))).toMatchObject({ kind: "malformed-answer" });
    });
  });

  describe("a range", () => {
    it("that the store ignores is malformed, and never read as the range", async () => {
      const client = await clientOf((_, response) => {
        const headers = { etag: '"e"', "last-modified": new Date(0).toUTCString(), "content-length": "10" };
        response.writeHead(200, headers).end("0123456789");
      });
      expect(await failureOf(client.get("key", { range: { first: 2, last: 3 } }))).toMatchObject({
        kind: "malformed-answer",
      });
    });
  });

  describe("a pair of credentials that the store refuses", () => {
    const OLD: Credentials = { accessKeyId: "old-id", secretAccessKey: "old-secret" };
    const NEW: Credentials = { accessKeyId: "new-id", secretAccessKey: "new-secret", sessionToken: "token" };

    /** A store that knows one pair, and a source that learns of it after a refusal. */
    const rotated = async (after: Credentials | undefined) => {
      const ids: string[] = [];
      const refused: Credentials[] = [];
      const client = await clientOf(
        (request, response) => {
          const id = /Credential=([^/]+)/.exec(request.headers.authorization ?? "")?.[1] ?? "";
          ids.push(id);
          request.resume().once("end", () => {
            if (id === NEW.accessKeyId) response.writeHead(200, { etag: '"e"' }).end();
            else refusing(403, xmlError("InvalidAccessKeyId"))(request, response);
          });
        },
        {
          credentials: {
            current: async () => OLD,
            afterRefusal: async (pair) => {
              refused.push(pair);
              return after;
            },
          },
        },
      );
      return { client, ids, refused };
    };

    it("is replaced once by the next one, and the request goes out again", async () => {
      const { client, ids, refused } = await rotated(NEW);
      expect(await putText(client, "x")).toMatchObject({ etag: "e" });
      expect(ids).toEqual(["old-id", "new-id"]);
      expect(refused).toMatchObject([OLD]);
    });

    it("is the end where there is no other, or the other is refused too", async () => {
      const none = await rotated(undefined);
      expect(await failureOf(putText(none.client, "x"))).toMatchObject({ kind: "access-denied" });
      expect(none.ids).toEqual(["old-id"]);
      const wrong = await rotated({ ...NEW, accessKeyId: "wrong-id" });
      expect(await failureOf(putText(wrong.client, "x"))).toMatchObject({ kind: "access-denied" });
      expect(wrong.ids).toEqual(["old-id", "wrong-id"]);
      expect(wrong.refused).toHaveLength(1);
    });

    it("makes a streamed write one that may be tried again from its start", async () => {
      const { client, ids } = await rotated(NEW);
      const body = Readable.from([Buffer.from("x")]);
      const part = { uploadId: "u", partNumber: 1, body, size: 1 };
      expect(await failureOf(client.uploadPart("key", part))).toMatchObject({ retryable: true });
      expect(ids).toEqual(["old-id"]);
      expect(body.destroyed).toBe(true);
    });
  });
});
