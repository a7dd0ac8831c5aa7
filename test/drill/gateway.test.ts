import { createHash, randomBytes } from "node:crypto";
import { Agent, createServer, type IncomingMessage, request, type Server } from "node:http";
import { connect } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { type StoreGateway, startGateway } from "../../drill/gateway/store-gateway";
import { close, listen } from "../../drill/machine/loopback-server";
import { forkTypeScript } from "../../drill/machine/typescript-child";

const BIG = randomBytes(20 * 1024 * 1024);

/** Answers with the MD5 of what it got, or with 20 MiB; `/hang` never answers. */
function createOrigin(): Server {
  return createServer((incoming, response) => {
    if (incoming.url === "/hang") {
      return;
    }
    const digest = createHash("md5");
    incoming.on("data", (chunk: Buffer) => digest.update(chunk));
    incoming.on("end", () => {
      response.end(incoming.method === "PUT" ? digest.digest("hex") : incoming.url === "/big" ? BIG : "well");
    });
  });
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

interface Call {
  readonly port: number;
  readonly path?: string;
  readonly method?: string;
  readonly body?: Buffer;
  readonly agent?: Agent;
}

function call({ port, path = "/", method = "GET", body, agent }: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, agent: agent ?? false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

// Processes are started; a busy machine takes its time over that.
jest.setTimeout(60_000);

describe("the fault gateway", () => {
  let origin: Server;
  let gateway: StoreGateway;

  beforeEach(async () => {
    origin = createOrigin();
    gateway = await startGateway({ targetPort: await listen(origin) });
  });

  afterEach(async () => {
    await gateway.stop();
    await close(origin);
  });

  it("passes 20 MiB intact in both directions", async () => {
    const read = await call({ port: gateway.port, path: "/big" });
    const written = await call({ port: gateway.port, method: "PUT", body: BIG });

    expect(read.body.equals(BIG)).toBe(true);
    expect(written.body.toString()).toBe(createHash("md5").update(BIG).digest("hex"));
  });

  it("loses nothing to a client that sends its end early and reads slowly", async () => {
    const socket = connect({ host: "127.0.0.1", port: gateway.port, allowHalfOpen: true });
    socket.end("GET /big HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let received = 0;
    for await (const chunk of socket) {
      received += (chunk as Buffer).length;
      // So slow that the origin is done while bytes are still on their way through the gateway.
      await setTimeout(3);
    }

    expect(received).toBeGreaterThan(BIG.length);
  });

  it("answers 503 to every kind of request and closes, and passes again afterwards", async () => {
    await gateway.answer503();
    const get = await call({ port: gateway.port });
    const put = await call({ port: gateway.port, method: "PUT", body: BIG });
    const head = await call({ port: gateway.port, method: "HEAD" });

    expect([get.status, put.status, head.status]).toEqual([503, 503, 503]);
    expect(get.headers.connection).toBe("close");
    expect(get.body.toString()).toContain("<Code>ServiceUnavailable</Code>");

    await gateway.pass();
    expect((await call({ port: gateway.port })).body.toString()).toBe("well");
  });

  it("reads a request to its end before it answers 503: closing on unread bytes would tear the answer", async () => {
    await gateway.answer503();
    const socket = connect({ host: "127.0.0.1", port: gateway.port });
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString();
    });
    const ended = new Promise<void>((resolve) => socket.once("end", () => resolve()));
    socket.write("PUT /object HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345");
    await setTimeout(200);
    expect(received).toBe("");

    socket.write("67890");

    await ended;
    expect(received).toMatch(/^HTTP\/1\.1 503 /);
    socket.destroy();
  });

  it("cuts what is under way when it starts to answer 503, and kept-alive connections see 503 next", async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await call({ port: gateway.port, agent })).status).toBe(200);
    const underWay = call({ port: gateway.port, path: "/hang" });
    const cut = expect(underWay).rejects.toMatchObject({ code: "ECONNRESET" });
    while ((await gateway.connections()) < 2) {
      await setTimeout(5);
    }

    await gateway.answer503();

    await cut;
    // Its connection was cut as well; the agent opens another one as soon as it has noticed.
    while (Object.keys(agent.freeSockets).length > 0) {
      await setTimeout(5);
    }
    expect((await call({ port: gateway.port, agent })).status).toBe(503);
    agent.destroy();
  });

  it("counts connections in each mode", async () => {
    await call({ port: gateway.port });
    await call({ port: gateway.port });
    await gateway.answer503();
    await call({ port: gateway.port });

    expect(await gateway.connections("pass")).toBe(2);
    expect(await gateway.connections("answers")).toBe(1);
    expect(await gateway.connections()).toBe(3);
  });

  it("refuses connections when killed, cuts open ones, and comes back on the same port in mode pass", async () => {
    await gateway.answer503();
    await gateway.pass();
    const underWay = call({ port: gateway.port, path: "/hang" });
    const cut = expect(underWay).rejects.toMatchObject({ code: "ECONNRESET" });
    while ((await gateway.connections()) < 1) {
      await setTimeout(5);
    }
    const { port } = gateway;

    await gateway.kill();

    await cut;
    await expect(call({ port })).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await expect(gateway.connections()).rejects.toThrow("not running");

    await gateway.restart();
    expect(gateway.port).toBe(port);
    expect((await call({ port })).body.toString()).toBe("well");
  });

  it("passes a refused connection on as a torn one", async () => {
    await close(origin);

    await expect(call({ port: gateway.port })).rejects.toMatchObject({ code: "ECONNRESET" });
  });

  it("says so when its port has been taken while it was down", async () => {
    await gateway.kill();
    const taker = createServer();
    await listen(taker, gateway.port);

    await expect(gateway.restart()).rejects.toThrow("EADDRINUSE");

    await close(taker);
  });

  it("ends with the process that started it, even after SIGKILL", async () => {
    const starter = forkTypeScript(require.resolve("../support/gateway-starter.ts"));
    const port = await new Promise<number>((resolve) => starter.once("message", resolve));
    expect((await call({ port: Number(port) })).status).toBe(503);

    starter.kill("SIGKILL");

    await untilRefused(port);
  });
});

/** Returns when nobody listens any more; the test's own time limit ends it otherwise. */
async function untilRefused(port: number): Promise<void> {
  const refused = () =>
    call({ port }).then(
      () => false,
      (error: NodeJS.ErrnoException) => error.code === "ECONNREFUSED",
    );
  for (let attempt = 0; attempt < 100 && !(await refused()); attempt += 1) {
    await setTimeout(100);
  }
  await expect(call({ port })).rejects.toMatchObject({ code: "ECONNREFUSED" });
}
