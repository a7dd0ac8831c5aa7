import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { S3_CLIENT_NAMES } from "../../../contract/environment";
import { CheckedBody } from "../../../lambda/s3/checked-body";
import type { ObjectClient } from "../../../lambda/s3/object-client";
import {
  answeringClients,
  failureOf,
  listen,
  putStream,
  putText,
  refusing,
  SOON,
  xmlError,
} from "../../support/answering-clients";

describe.each(S3_CLIENT_NAMES)("requests of the %s client", (implementation) => {
  const { clientAt, clientOf } = answeringClients(implementation);

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
      ["a read", (client: ObjectClient) => client.get("key")],
      ["a write", (client: ObjectClient) => putText(client, "x")],
      ["a streamed write", (client: ObjectClient) => putStream(client, Readable.from([Buffer.from("x")]), 1)],
    ])("a server that hangs times %s out", async (_, request) => {
      const client = await clientOf((incoming) => incoming.resume(), SOON);
      expect(await failureOf(request(client))).toMatchObject({ kind: "timeout", retryable: true });
    });

    it("a request that waits for a free connection times out too: its permission to write may have lapsed", async () => {
      let occupy: () => void = () => undefined;
      const occupied = new Promise<void>((resolve) => {
        occupy = resolve;
      });
      let reached = 0;
      const client = await clientOf(
        (incoming) => {
          reached += 1;
          incoming.resume();
          occupy();
        },
        { ...SOON, maxSockets: 1 },
      );
      let waits = true;
      // Bytes that move keep the one connection.
      async function* moving() {
        while (waits) {
          yield Buffer.alloc(1);
          await delay(20);
        }
      }
      const first = failureOf(putStream(client, Readable.from(moving()), 1_000_000));
      await occupied;

      expect(await failureOf(putText(client, "b"))).toMatchObject({ kind: "timeout" });
      expect(reached).toBe(1);

      waits = false;
      await first;
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
});

describe("a body whose length was announced", () => {
  const through = (pieces: readonly string[], size: number) =>
    buffer(
      new CheckedBody(Readable.from(pieces.map((piece) => Buffer.from(piece))), size, () => new Error("cut")),
    );

  it("comes through when it has that length", async () => {
    expect((await through(["ab", "c"], 3)).toString()).toBe("abc");
    expect((await through([], 0)).toString()).toBe("");
  });

  it.each([
    ["shorter, though it ends in peace", 4],
    ["longer", 2],
  ])("is no body when it is %s", async (_what, size) => {
    await expect(through(["ab", "c"], size)).rejects.toThrow("cut");
  });
});
