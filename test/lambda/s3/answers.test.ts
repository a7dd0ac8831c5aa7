import { Readable } from "node:stream";
import { describe, expect, it } from "@jest/globals";
import { S3_CLIENT_NAMES } from "../../../contract/environment";
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

describe.each(S3_CLIENT_NAMES)("answers to the %s client", (implementation) => {
  const { clientOf } = answeringClients(implementation);

  describe("an answer that is a refusal", () => {
    it.each([
      [503, xmlError("SlowDown"), "throttled", "SlowDown"],
      [429, "", "throttled", undefined],
      [503, "upstream unavailable", "server-error", undefined],
      [500, xmlError("InternalError"), "server-error", "InternalError"],
      [403, xmlError("AccessDenied"), "access-denied", "AccessDenied"],
      [403, xmlError("SignatureDoesNotMatch"), "access-denied", "SignatureDoesNotMatch"],
      [403, xmlError("InvalidObjectState"), "archived", "InvalidObjectState"],
      [403, xmlError("RequestTimeTooSkewed"), "clock-skew", "RequestTimeTooSkewed"],
      [404, xmlError("NoSuchKey"), "not-found", "NoSuchKey"],
      [404, xmlError("NoSuchBucket"), "refused", "NoSuchBucket"],
      [412, xmlError("PreconditionFailed"), "precondition-failed", "PreconditionFailed"],
      [409, xmlError("ConditionalRequestConflict"), "precondition-failed", "ConditionalRequestConflict"],
      [400, xmlError("AuthorizationHeaderMalformed"), "refused", "AuthorizationHeaderMalformed"],
      [301, xmlError("PermanentRedirect"), "refused", "PermanentRedirect"],
      [501, xmlError("NotImplemented"), "refused", "NotImplemented"],
      [502, "<html><body>Bad gateway</body></html>", "server-error", undefined],
    ])("%i %s is %s", async (status, body, kind, code) => {
      const client = await clientOf(refusing(status, body));
      const failure = await failureOf(putText(client, "x"));
      expect(failure).toMatchObject({ kind, operation: "PutObject", key: "key", code });
      expect(failure.message).toContain(String(status));
      expect(failure.message).not.toContain(SECRET);
    });

    it("asks for less when it is 503 to a HEAD, which has no body that could say so", async () => {
      const client = await clientOf(refusing(503, xmlError("SlowDown")));
      expect(await failureOf(client.head("key"))).toMatchObject({
        kind: "throttled",
        operation: "HeadObject",
      });
    });

    it("is tried once only, and names the server's request", async () => {
      let requests = 0;
      const client = await clientOf((request, response) => {
        requests += 1;
        refusing(503, xmlError("SlowDown"))(request, response);
      });
      expect(await failureOf(client.list())).toMatchObject({ operation: "ListObjectsV2", requestId: "R1" });
      expect(requests).toBe(1);
    });

    it.each([
      [
        400,
        "InvalidRequest",
        "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with Object Lock parameters",
        true,
      ],
      [
        400,
        "InvalidRequest",
        "Content-MD5 HTTP header is required for Put Part requests with Object Lock parameters",
        true,
      ],
      [400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256", false],
      [400, "InvalidDigest", "The Content-MD5 you specified is not valid.", false],
      [400, "InvalidArgument", "Content-MD5 HTTP header is required", false],
      [403, "InvalidRequest", "Content-MD5 HTTP header is required", false],
    ])("%i %s: %s: demands the body's digest: %p", async (status, code, words, demandsDigest) => {
      const document = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${words}</Message></Error>`;
      const client = await clientOf((request, response) => {
        // As S3 does: at once, whatever is still to come.
        response.writeHead(status, { "content-type": "application/xml" }).end(document);
        request.resume();
      });
      const size = 1024 * 1024;
      const body = Readable.from([Buffer.alloc(size)], { objectMode: false });
      const failure = await failureOf(
        client.uploadPart("Content-MD5 is required", { uploadId: "u", partNumber: 1, body, size }),
      );
      expect(failure).toMatchObject({ operation: "UploadPart", code, demandsDigest, retryable: false });
      expect(body.destroyed).toBe(true);
    });

    it("is not followed to another region", async () => {
      const hosts: (string | undefined)[] = [];
      const client = await clientOf((request, response) => {
        hosts.push(request.headers.host);
        refusing(301, xmlError("PermanentRedirect"), { "x-amz-bucket-region": "us-west-2" })(
          request,
          response,
        );
      });
      expect(await failureOf(client.get("key"))).toMatchObject({ kind: "refused" });
      expect(hosts).toHaveLength(1);
    });
  });

  describe("user metadata that is not ASCII", () => {
    it.each([
      ["=?UTF-8?B?Z3LDtsOfZQ==?=", "größe"],
      ["=?utf-8?q?gr=C3=B6=C3=9Fe_=F0=9F=98=80?=", "größe \u{1F600}"],
      ["=?UTF-8?Q?gr=C3?= =?UTF-8?Q?=B6=C3=9Fe?=", "größe"],
      ["a =?UTF-8?Q?=C3=B6?= b =?ISO-8859-1?Q?=F6?=", "a ö b ö"],
      ["=?no-such-charset?Q?x?=", "=?no-such-charset?Q?x?="],
      ["=?UTF-8?B?/w==?=", "=?UTF-8?B?/w==?="],
      ["a=?b", "a=?b"],
      ["", ""],
    ])("is answered as %j and read as %j", async (answered, read) => {
      const client = await clientOf((_, response) => {
        const headers = { etag: '"e"', "last-modified": new Date(0).toUTCString(), "content-length": "0" };
        response.writeHead(200, { ...headers, "x-amz-meta-Title": answered }).end();
      });
      expect((await client.head("key"))?.headers.metadata).toEqual({ title: read });
    });
  });

  describe("a listing", () => {
    const date = "Wed, 01 Jan 2031 00:00:00 GMT";

    function listing(keys: readonly string[], more = ""): Answer {
      const contents = keys
        .map(
          (key) =>
            `<Contents><Key>${key}</Key><LastModified>2030-01-01T00:00:00.000Z</LastModified><ETag>&quot;e&quot;</ETag><Size>1</Size></Contents>`,
        )
        .join("");
      const document = `<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>${more}${contents}</ListBucketResult>`;
      return refusing(200, document, { date });
    }

    it("tells the server's Date", async () => {
      const client = await clientOf(listing(["a", "b"]));
      const page = await client.list();
      expect(page.serverDate.getTime()).toBe(Date.parse(date));
      expect(page.objects.map(({ key, etag, size }) => [key, etag, size])).toEqual([
        ["a", "e", 1],
        ["b", "e", 1],
      ]);
    });

    it.each([
      ["is not ascending", listing(["b", "a"])],
      ["shows a key twice", listing(["a", "a"])],
      ["begins before the key it was asked to begin after", listing(["0"])],
      ["is ascending by UTF-16 units only", listing(["\u{1F600}", "\uFF5E"])],
      ["is somebody else's page", refusing(200, "<html><body>Welcome</body></html>", { date })],
      ["is no XML", refusing(200, "OK", { date })],
      ["is cut off", refusing(200, "<ListBucketResult><Name>bucket</Name><IsTrunc", { date })],
      [
        "is of another bucket",
        refusing(
          200,
          "<ListBucketResult><Name>other</Name><IsTruncated>false</IsTruncated></ListBucketResult>",
          { date },
        ),
      ],
      [
        "goes on but shows nothing",
        refusing(
          200,
          "<ListBucketResult><Name>bucket</Name><IsTruncated>true</IsTruncated></ListBucketResult>",
          { date },
        ),
      ],
      [
        "has an object without a size",
        refusing(
          200,
          "<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated><Contents><Key>a</Key></Contents></ListBucketResult>",
          { date },
        ),
      ],
    ])("that %s is malformed, and never an empty bucket", async (_, answer) => {
      const client = await clientOf(answer);
      expect(await failureOf(client.list({ after: "5" }))).toMatchObject({
        kind: "malformed-answer",
        retryable: true,
      });
    });

    it.each([
      ["a control character as a reference", "a&#x1;b"],
      ["a character that the server could not write", "a\uFFFDb"],
      ["a reference above U+FFFF", "a&#x1F600;b"],
    ])("whose XML holds %s is asked for again, encoded", async (_, key) => {
      const asked: (string | null)[] = [];
      const client = await clientOf((request, response) => {
        const encoding = new URL(request.url ?? "", "http://x").searchParams.get("encoding-type");
        asked.push(encoding);
        const encoded = listing(["a%01b+c%2Bd"], "<EncodingType>url</EncodingType>");
        (encoding === "url" ? encoded : listing([key]))(request, response);
      });
      expect((await client.list()).objects.map((object) => object.key)).toEqual(["a\u0001b c+d"]);
      expect(asked).toEqual([null, "url"]);
    });
  });

  describe("a version stack", () => {
    interface Element {
      readonly kind: "Version" | "DeleteMarker";
      readonly id: string;
      readonly key?: string;
      readonly second?: number;
      readonly latest?: boolean;
    }

    function page(elements: readonly Element[], next?: { key: string; id: string }): Answer {
      const items = elements.map(({ kind, id, key = "key", second = 0, latest = false }) => {
        const time = new Date(second * 1000).toISOString();
        const etag = kind === "Version" ? `<ETag>&quot;etag-${id}&quot;</ETag><Size>1</Size>` : "";
        return `<${kind}><Key>${key}</Key><VersionId>${id}</VersionId><IsLatest>${latest}</IsLatest><LastModified>${time}</LastModified>${etag}</${kind}>`;
      });
      const marker =
        next === undefined
          ? "<IsTruncated>false</IsTruncated>"
          : `<IsTruncated>true</IsTruncated><NextKeyMarker>${next.key}</NextKeyMarker><NextVersionIdMarker>${next.id}</NextVersionIdMarker>`;
      return refusing(
        200,
        `<ListVersionsResult><Name>bucket</Name>${marker}${items.join("")}</ListVersionsResult>`,
      );
    }

    async function idsOf(client: ObjectClient): Promise<string[]> {
      return (await client.versions("key")).map(({ versionId }) => versionId);
    }

    it("keeps the server's order of versions and markers, even when all times tie", async () => {
      const client = await clientOf(
        page([
          { kind: "DeleteMarker", id: "5", latest: true },
          { kind: "Version", id: "4" },
          { kind: "DeleteMarker", id: "3" },
          { kind: "Version", id: "2" },
        ]),
      );
      expect(await client.versions("key")).toEqual([
        { versionId: "5", isDeleteMarker: true, placedAt: new Date(0) },
        { versionId: "4", isDeleteMarker: false, etag: "etag-4" },
        { versionId: "3", isDeleteMarker: true, placedAt: new Date(0) },
        { versionId: "2", isDeleteMarker: false, etag: "etag-2" },
      ]);
    });

    it("keeps the server's order where a multipart object's time is older than its place", async () => {
      const client = await clientOf(
        page([
          { kind: "DeleteMarker", id: "4", second: 9, latest: true },
          { kind: "Version", id: "multipart", second: 1 },
          { kind: "DeleteMarker", id: "2", second: 5 },
          { kind: "Version", id: "1", second: 4 },
        ]),
      );
      expect(await idsOf(client)).toEqual(["4", "multipart", "2", "1"]);
    });

    it.each([
      ["versions first", (versions: Element[], markers: Element[]) => [...versions, ...markers]],
      ["markers first", (versions: Element[], markers: Element[]) => [...markers, ...versions]],
    ])("is put in order by time where the server lists %s", async (_, arrange) => {
      const versions: Element[] = [
        { kind: "Version", id: "5", second: 5, latest: true },
        { kind: "Version", id: "3", second: 3 },
      ];
      const markers: Element[] = [
        { kind: "DeleteMarker", id: "4", second: 4 },
        { kind: "DeleteMarker", id: "2", second: 2 },
      ];
      const client = await clientOf(page(arrange(versions, markers)));
      expect(await idsOf(client)).toEqual(["5", "4", "3", "2"]);
    });

    it("is read page by page, until another key shows that it has ended", async () => {
      const asked: string[] = [];
      const client = await clientOf((request, response) => {
        const query = new URL(request.url ?? "", "http://x").searchParams;
        const from = `${query.get("key-marker") ?? ""}:${query.get("version-id-marker") ?? ""}`;
        asked.push(from);
        const first = page(
          [
            { kind: "Version", id: "3", latest: true },
            { kind: "DeleteMarker", id: "2" },
          ],
          { key: "key", id: "2" },
        );
        const second = page(
          [
            { kind: "Version", id: "1" },
            { kind: "Version", id: "x", key: "key2" },
          ],
          { key: "key2", id: "x" },
        );
        (from === ":" ? first : second)(request, response);
      });
      expect(await idsOf(client)).toEqual(["3", "2", "1"]);
      expect(asked).toEqual([":", "key:2"]);
    });

    it("that never ends is malformed", async () => {
      const client = await clientOf(page([{ kind: "Version", id: "1" }], { key: "key", id: "1" }));
      expect(await failureOf(client.versions("key"))).toMatchObject({ kind: "malformed-answer" });
    });

    it("is never empty because the answer is no listing", async () => {
      const client = await clientOf(refusing(200, "<html></html>"));
      expect(await failureOf(client.versions("key"))).toMatchObject({ kind: "malformed-answer" });
    });
  });
});
