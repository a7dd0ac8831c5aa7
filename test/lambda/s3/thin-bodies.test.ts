import { createServer, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createServer as createRawServer } from "node:net";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { afterEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { exactBody } from "../../../lambda/s3/thin/request-body";
import { answeringClients, failureOf, listen, putStream, putText } from "../../support/answering-clients";

const REQUEST = { operation: "PutObject", bucket: "bucket", key: "key" };
const { clientAt, clientOf } = answeringClients("thin");

describe("a streamed body", () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 10 });

  /** What goes out, and how it ends. */
  async function sent(body: Readable, size: number): Promise<{ bytes: Buffer; failure?: unknown }> {
    const bytes: Buffer[] = [];
    try {
      for await (const piece of exactBody(body, size, REQUEST, () => {})) bytes.push(piece);
      return { bytes: Buffer.concat(bytes) };
    } catch (failure) {
      return { bytes: Buffer.concat(bytes), failure };
    }
  }

  const streamOf = (list: readonly Uint8Array[]) => Readable.from(list.map((piece) => Buffer.from(piece)));

  it("goes out unchanged, in whatever pieces it comes", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, async (list) => {
        const whole = Buffer.concat(list);
        expect(await sent(streamOf(list), whole.length)).toEqual({ bytes: whole });
      }),
      { numRuns: 100, seed: 8 },
    );
  });

  it("never goes out whole when it has another size than was announced, or fails", async () => {
    await fc.assert(
      fc.asyncProperty(pieces, fc.integer({ min: 0, max: 250 }), fc.boolean(), async (list, size, fails) => {
        const length = Buffer.concat(list).length;
        fc.pre(fails || length !== size);
        const body = Readable.from(
          (async function* () {
            for (const piece of list) yield Buffer.from(piece);
            if (fails) throw new Error("the source broke off");
          })(),
        );
        const { bytes, failure } = await sent(body, size);
        if (size > 0) expect(bytes.length).toBeLessThan(size);
        expect(failure).toMatchObject({ name: "StoreError", retryable: length <= size && fails });
        expect(body.destroyed).toBe(true);
      }),
      { numRuns: 200, seed: 9 },
    );
  });

  it("that is empty in spite of its size never reaches a server as an empty object", async () => {
    const bytes: Buffer[] = [];
    const server = createRawServer((socket: Socket) => {
      socket.on("data", (chunk) => bytes.push(chunk)).on("error", () => {});
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const client = clientAt((server.address() as AddressInfo).port);
      expect(await failureOf(putStream(client, Readable.from([]), 10))).toMatchObject({ kind: "refused" });
      expect(Buffer.concat(bytes).toString()).not.toMatch(/content-length: 0/i);
    } finally {
      server.close();
    }
  });
});

describe("a streamed body that a server accepts before its end", () => {
  it("is read no further", async () => {
    const client = await clientOf((_, response) => void response.writeHead(200, { etag: '"e"' }).end());
    const body = new Readable({ read() {} });
    body.push(Buffer.alloc(1000));
    expect(await putStream(client, body, 2_000_000)).toMatchObject({ etag: "e" });
    expect(body.destroyed).toBe(true);
  });
});

describe("a buffered body", () => {
  it("that has not the announced size is refused before anything is sent", async () => {
    let requests = 0;
    const client = await clientOf((request, response) => {
      requests += 1;
      request.resume();
      response.writeHead(200, { etag: '"e"' }).end();
    });
    const put = { contentMd5: "x", headers: { metadata: {} }, condition: { absent: true } } as const;
    const failure = client.put("key", { ...put, body: Buffer.from("abc"), size: 4 });
    expect(await failureOf(failure)).toMatchObject({ kind: "refused" });
    expect(requests).toBe(0);
  });

  it("comes in one buffer up to the size that was asked for, whatever pieces it came in, and else as a stream", async () => {
    const client = await clientOf((_, response) => {
      const headers = { etag: '"e"', "last-modified": new Date(0).toUTCString(), "content-length": "10" };
      response.writeHead(200, headers).write("01234");
      setTimeout(() => response.end("56789"), 20);
    });
    const small = await client.get("key", { bufferUpTo: 10 });
    expect(small.buffered?.toString()).toBe("0123456789");
    expect((await buffer(small.body)).toString()).toBe("0123456789");
    const large = await client.get("key", { bufferUpTo: 9 });
    expect(large.buffered).toBeUndefined();
    expect((await buffer(large.body)).toString()).toBe("0123456789");
  });

  it("that is cut off is unreachable, and never shorter", async () => {
    const client = await clientOf((_, response) => {
      const headers = { etag: '"e"', "last-modified": new Date(0).toUTCString(), "content-length": "10" };
      response.writeHead(200, headers).write("01234");
      setTimeout(() => response.destroy(), 20);
    });
    expect(await failureOf(client.get("key", { bufferUpTo: 10 }))).toMatchObject({ kind: "unreachable" });
  });
});

describe("a connection", () => {
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it("is used again, after a HEAD, a refusal and an upload too", async () => {
    let connections = 0;
    const server = createServer((request, response) => {
      request.resume().once("end", () => {
        response.writeHead(request.method === "PUT" ? 200 : 404, { etag: '"e"' }).end();
      });
    });
    servers.push(server);
    server.on("connection", () => {
      connections += 1;
    });
    await listen(server);
    const client = clientAt((server.address() as AddressInfo).port);
    for (let index = 0; index < 3; index += 1) {
      await client.head("key");
      await failureOf(client.get("key"));
      await putText(client, "x");
      await putStream(client, Readable.from([Buffer.from("x")]), 1);
    }
    // A second one is opened where a request begins in the moment in which another ends.
    expect(connections).toBeLessThanOrEqual(2);
  });

  it("stays open for others when a request that waited for it is given up", async () => {
    const paths: (string | undefined)[] = [];
    let connections = 0;
    const server = createServer((request, response) => {
      paths.push(request.url);
      const headers = { etag: '"e"', "last-modified": new Date(0).toUTCString(), "content-length": "9" };
      response.writeHead(200, headers);
      let written = 0;
      const slowly = setInterval(() => {
        written += 1;
        if (written < 9) response.write("x");
        else response.end("x");
        if (written === 9) clearInterval(slowly);
      }, 150);
    });
    servers.push(server);
    server.on("connection", () => {
      connections += 1;
    });
    await listen(server);
    const options = { maxSockets: 1, requestTimeoutSeconds: 0.7 };
    const client = clientAt((server.address() as AddressInfo).port, options);
    const slow = await client.get("slow");
    const [whole] = await Promise.all([
      buffer(slow.body),
      failureOf(client.get("waits")).then((failure) => expect(failure.kind).toBe("timeout")),
    ]);
    expect(whole.length).toBe(9);
    expect((await client.get("next", { bufferUpTo: 9 })).buffered?.length).toBe(9);
    expect(paths).toEqual(["/bucket/slow", "/bucket/next"]);
    expect(connections).toBe(1);
  });
});
