import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "@jest/globals";
import type { ObjectClientOptions } from "../../../lambda/s3/object-client-options";
import { SdkObjectClient } from "../../../lambda/s3/sdk-object-client";
import type { StoreError } from "../../../lambda/s3/store-error";
import { fixedPair } from "../../support/opened-store";

/** For servers that hang; all others get the default, so that a busy machine fails no test. */
const SOON = { requestTimeoutSeconds: 0.3 };

const SECRET = "the-secret-half-of-the-pair";
const CREDENTIALS = { accessKeyId: "the-public-half", secretAccessKey: SECRET };

const opened: { close(): void }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A client whose server answers every request in this way. */
async function clientOf(
  answer: Answer,
  options: Partial<ObjectClientOptions> = {},
): Promise<SdkObjectClient> {
  const server = createServer(answer);
  await listen(server);
  opened.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return clientAt((server.address() as AddressInfo).port, options);
}

function clientAt(port: number, options: Partial<ObjectClientOptions> = {}): SdkObjectClient {
  const client = new SdkObjectClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: "eu-central-1",
    bucket: "bucket",
    addressStyle: "path",
    credentials: fixedPair(CREDENTIALS),
    ...options,
  });
  opened.push(client);
  return client;
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
}

async function failureOf(request: Promise<unknown>): Promise<StoreError> {
  const failure = await request.then(
    (value) => ({ name: "no failure", value }),
    (error: unknown) => error,
  );
  expect(failure).toMatchObject({ name: "StoreError", bucket: "bucket" });
  return failure as StoreError;
}

function refusing(status: number, body: string, headers: Record<string, string> = {}): Answer {
  return (request, response) => {
    request.resume();
    response.writeHead(status, { "content-type": "application/xml", "x-amz-request-id": "R1", ...headers });
    response.end(body);
  };
}

function xmlError(code: string): string {
  return `<?xml version="1.0"?><Error><Code>${code}</Code><Message>as said</Message></Error>`;
}

function putText(client: SdkObjectClient, text: string) {
  const body = Buffer.from(text);
  return client.put("key", {
    body,
    size: body.length,
    contentMd5: createHash("md5").update(body).digest("base64"),
    headers: { metadata: {} },
    condition: { absent: true },
  });
}

function putStream(client: SdkObjectClient, body: Readable, size: number) {
  const headers = { metadata: {} };
  return client.put("key", { body, size, contentMd5: "AAAA", headers, condition: { absent: true } });
}

describe("an answer that is a refusal", () => {
  it.each([
    [503, xmlError("SlowDown"), "throttled", "SlowDown"],
    [429, "", "throttled", undefined],
    [503, "upstream unavailable", "server-error", undefined],
    [500, xmlError("InternalError"), "server-error", "InternalError"],
    [403, xmlError("AccessDenied"), "access-denied", "AccessDenied"],
    [403, xmlError("SignatureDoesNotMatch"), "access-denied", "SignatureDoesNotMatch"],
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

  it("is tried once only, and names the server's request", async () => {
    let requests = 0;
    const client = await clientOf((request, response) => {
      requests += 1;
      refusing(503, xmlError("SlowDown"))(request, response);
    });
    expect(await failureOf(client.list())).toMatchObject({ operation: "ListObjectsV2", requestId: "R1" });
    expect(requests).toBe(1);
  });

  it("is not followed to another region", async () => {
    const hosts: (string | undefined)[] = [];
    const client = await clientOf((request, response) => {
      hosts.push(request.headers.host);
      refusing(301, xmlError("PermanentRedirect"), { "x-amz-bucket-region": "us-west-2" })(request, response);
    });
    expect(await failureOf(client.get("key"))).toMatchObject({ kind: "refused" });
    expect(hosts).toHaveLength(1);
  });
});

describe("no answer", () => {
  it("a refused connection is unreachable", async () => {
    const server = createServer();
    await listen(server);
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    expect(await failureOf(clientAt(port).head("key"))).toMatchObject({
      kind: "unreachable",
      retryable: true,
    });
  });

  it("a connection that is cut before the answer is unreachable", async () => {
    const client = await clientOf((request) => request.socket.destroy());
    expect(await failureOf(client.list())).toMatchObject({ kind: "unreachable" });
  });

  it.each([
    ["a read", (client: SdkObjectClient) => client.get("key")],
    ["a write", (client: SdkObjectClient) => putText(client, "x")],
    [
      "a streamed write",
      (client: SdkObjectClient) => putStream(client, Readable.from([Buffer.from("x")]), 1),
    ],
  ])("a server that hangs times %s out", async (_, request) => {
    const client = await clientOf((incoming) => incoming.resume(), SOON);
    expect(await failureOf(request(client))).toMatchObject({ kind: "timeout", retryable: true });
  });

  it("a request that waits for a free connection times out too: its permission to write may have lapsed", async () => {
    let reached = 0;
    const client = await clientOf(
      (incoming) => {
        reached += 1;
        incoming.resume();
      },
      { ...SOON, maxSockets: 1 },
    );
    const kinds = await Promise.all([
      failureOf(putText(client, "a")).then(({ kind }) => kind),
      failureOf(putText(client, "b")).then(({ kind }) => kind),
    ]);
    expect(kinds).toEqual(["timeout", "timeout"]);
    expect(reached).toBe(1);
  });

  it("a large body may take longer than the timeout as long as bytes move", async () => {
    const client = await clientOf(
      (incoming, response) => {
        incoming.resume().once("end", () => response.writeHead(200, { etag: '"e"' }).end());
      },
      { requestTimeoutSeconds: 1 },
    );
    async function* slowly() {
      for (let piece = 0; piece < 5; piece += 1) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        yield Buffer.alloc(10);
      }
    }
    expect(await putStream(client, Readable.from(slowly()), 50)).toEqual({ etag: "e", versionId: "null" });
  });
});

describe("the body of an answer", () => {
  const headers = { etag: '"e"', "last-modified": new Date(0).toUTCString(), "content-length": "10" };

  it("that is cut off is unreachable, and so may be tried again", async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(200, headers).write("12345");
      setTimeout(() => response.destroy(), 20);
    });
    const content = await client.get("key");
    expect(await failureOf(buffer(content.body))).toMatchObject({
      kind: "unreachable",
      operation: "GetObject",
      key: "key",
    });
  });

  it("that stops half way times out", async () => {
    const client = await clientOf(
      (_, response) => void response.writeHead(200, headers).write("12345"),
      SOON,
    );
    const content = await client.get("key");
    expect(await failureOf(buffer(content.body))).toMatchObject({ kind: "timeout" });
  });

  it("may wait as long as its reader does", async () => {
    const size = 4 * 1024 * 1024;
    const client = await clientOf((_, response) => {
      response.writeHead(200, { ...headers, "content-length": String(size) }).end(Buffer.alloc(size));
    }, SOON);
    const content = await client.get("key");
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect((await buffer(content.body)).length).toBe(size);
  });

  it("frees its connection when the reader gives up", async () => {
    let onClosed = () => {};
    const closed = new Promise<void>((resolve) => {
      onClosed = resolve;
    });
    const client = await clientOf((_, response) => {
      response.on("close", onClosed);
      response.writeHead(200, headers).write("12345");
    });
    const content = await client.get("key");
    content.body.destroy();
    await closed;
  });

  it("whose user metadata is not shown whole is refused rather than half copied", async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(200, { ...headers, "x-amz-missing-meta": "1" }).end("1234567890");
    });
    expect(await failureOf(client.get("key"))).toMatchObject({ kind: "refused" });
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

describe("a write whose body breaks off", () => {
  it("never shows the server a whole request", async () => {
    const seen: { complete?: boolean } = {};
    const closed = new Promise<void>((resolve) => {
      void clientOf((incoming) => {
        incoming.on("error", () => {});
        incoming.resume().once("close", () => {
          seen.complete = incoming.complete;
          resolve();
        });
      }).then(async (client) => {
        const body = new Readable({ read() {} });
        body.push(Buffer.alloc(1000));
        setTimeout(() => body.destroy(), 50);
        expect(await failureOf(putStream(client, body, 2000))).toMatchObject({ kind: "unreachable" });
      });
    });
    await closed;
    expect(seen.complete).toBe(false);
  });

  it("is not needed any more when the server answers early", async () => {
    const client = await clientOf((_, response) => {
      response.writeHead(412, { "content-type": "application/xml" }).end(xmlError("PreconditionFailed"));
    });
    const body = new Readable({ read() {} });
    body.push(Buffer.alloc(1000));
    expect(await failureOf(putStream(client, body, 2_000_000))).toMatchObject({
      kind: "precondition-failed",
    });
    expect(body.destroyed).toBe(true);
  });
});

describe("what is sent", () => {
  it("is plain HTTP with the exact length: no trailers, no chunks, conditions and tags as headers", async () => {
    const requests: IncomingMessage["headers"][] = [];
    const client = await clientOf((incoming, response) => {
      requests.push(incoming.headers);
      incoming.resume().once("end", () => response.writeHead(200, { etag: '"e"' }).end());
    });
    const headers = { expires: "-1", metadata: {} };
    const common = { size: 3, contentMd5: "rL0Y20zC+Fzt72VPzMSk2A==", headers, tags: { "a b": "c&d" } };
    await client.put("key", { ...common, body: Buffer.from("foo"), condition: { absent: true } });
    await client.put("key", {
      ...common,
      body: Readable.from([Buffer.from("foo")]),
      condition: { etag: "seen" },
    });
    expect(requests).toHaveLength(2);
    for (const sent of requests) {
      expect(sent).toMatchObject({
        "content-length": "3",
        "content-md5": common.contentMd5,
        "content-type": "binary/octet-stream",
        "x-amz-tagging": "a%20b=c%26d",
        expires: "-1",
      });
      expect(sent["transfer-encoding"]).toBeUndefined();
      expect(sent["content-encoding"]).toBeUndefined();
      expect(Object.keys(sent).filter((name) => name.includes("checksum"))).toEqual([]);
    }
    expect(requests[0]).toMatchObject({ "if-none-match": "*" });
    expect(requests[1]).toMatchObject({ "if-match": '"seen"' });
  });

  it("names the bucket in the path, or in the host name, as the style says", async () => {
    const paths: (string | undefined)[] = [];
    const client = await clientOf((incoming, response) => {
      paths.push(incoming.url);
      refusing(404, "")(incoming, response);
    });
    await client.head("a b/c");
    expect(paths).toEqual(["/bucket/a%20b/c"]);
    // A name that never resolves (RFC 6761): the failure tells which host was looked for.
    const virtual = clientAt(80, {
      endpoint: "http://s3.invalid",
      addressStyle: "virtual",
    });
    const failure = await failureOf(virtual.head("a b/c"));
    expect(failure).toMatchObject({ kind: "unreachable" });
    expect(failure.message).toContain("bucket.s3.invalid");
  });

  it("refuses a header that HTTP cannot carry, without a request", async () => {
    const client = await clientOf(() => {});
    const body = Buffer.from("");
    const headers = { metadata: { broken: "a\nb" } };
    const contentMd5 = "1B2M2Y8AsgTpgAmY7PhCfg==";
    const failure = await failureOf(
      client.put("key", { body, size: 0, contentMd5, headers, condition: { absent: true } }),
    );
    expect(failure).toMatchObject({ kind: "refused", retryable: false });
  });

  it("cannot be signed without credentials, and says so", async () => {
    const client = await clientOf(() => {}, {
      credentials: {
        current: async () => {
          throw Object.assign(new Error("nothing here"), { name: "CredentialsProviderError" });
        },
        afterRefusal: async () => undefined,
      },
    });
    expect(await failureOf(client.head("key"))).toMatchObject({ kind: "access-denied" });
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

  async function idsOf(client: SdkObjectClient): Promise<string[]> {
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
      { versionId: "5", isDeleteMarker: true },
      { versionId: "4", isDeleteMarker: false, etag: "etag-4" },
      { versionId: "3", isDeleteMarker: true },
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
