import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { MachineDelay, ReadDone } from "../../drill/evidence/events";
import { close, listen } from "../../drill/machine/loopback-server";
import { KnownValues } from "../../drill/workload/known-values";
import { watchMachineDelay } from "../../drill/workload/machine-delay";
import { md5 } from "../../drill/workload/put-object";
import { type ReaderSettings, Readers } from "../../drill/workload/readers";

const HELLO = Buffer.from("hello");
const KEY = "with space/100%+é😀?#.txt";

describe("readers", () => {
  let edge: Server;
  let edgePort: number;
  let respond: (request: IncomingMessage, response: ServerResponse) => void;
  let values: KnownValues;
  let reads: ReadDone[];

  beforeEach(async () => {
    values = new KnownValues();
    reads = [];
    know(KEY, md5(HELLO));
    edge = createServer((request, response) => respond(request, response));
    edgePort = await listen(edge);
  });

  afterEach(() => close(edge));

  /** The key has this value on both stores. */
  function know(key: string, etag: string): void {
    values.sendingPut(key, etag);
    values.settled(
      {
        type: "write",
        operation: "put",
        key,
        store: "primary",
        etag,
        bytes: 5,
        outcome: "acknowledged",
        at: 0,
        end: 1,
      },
      etag,
    );
    values.markReplicated(2);
  }

  function readers(settings: Partial<ReaderSettings> = {}): Readers {
    return new Readers({
      edgeUrl: `http://127.0.0.1:${edgePort}`,
      hostname: "assets.example.com",
      readers: 2,
      periodMilliseconds: 20,
      timeoutMilliseconds: 2000,
      seed: 1,
      clock: () => performance.now(),
      emit: (event) => reads.push(event),
      values,
      ...settings,
    });
  }

  async function readFor(milliseconds: number, settings?: Partial<ReaderSettings>): Promise<void> {
    const group = readers(settings);
    group.start();
    await pause(milliseconds);
    await group.stop();
  }

  function answer(response: ServerResponse, status: number, etag: string, body: Buffer): void {
    response.writeHead(status, {
      etag: `"${etag}"`,
      "x-drill-store": "secondary",
      "content-length": body.length,
    });
    response.end(body);
  }

  it("ask the edge for the key by the name that readers know, and say who answered", async () => {
    const asked = new Set<string>();
    respond = (request, response) => {
      asked.add(`${request.method} ${request.headers.host} ${decodeURIComponent(request.url ?? "")}`);
      answer(response, 200, md5(HELLO), HELLO);
    };

    await readFor(150);

    expect([...asked]).toEqual([`GET assets.example.com /${KEY}`]);
    expect(reads.length).toBeGreaterThan(3);
    for (const read of reads) {
      expect(read).toMatchObject({
        key: KEY,
        status: 200,
        etag: md5(HELLO),
        store: "secondary",
        outcome: "ok",
      });
      expect(read.end).toBeGreaterThanOrEqual(read.at);
    }
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ["an error", (response) => answer(response, 503, "x", HELLO), /^status 503$/],
    ["a missing key", (response) => answer(response, 404, "x", HELLO), /404 for a key that both stores hold/],
    [
      "a value from nowhere",
      (response) => answer(response, 200, md5(Buffer.from("x")), Buffer.from("x")),
      /nobody wrote/,
    ],
    [
      "other bytes",
      (response) => answer(response, 200, md5(HELLO), Buffer.from("jello")),
      /the body has MD5/,
    ],
    [
      "half an answer",
      (response) => {
        response.writeHead(200, { etag: `"${md5(HELLO)}"`, "content-length": 5 });
        response.write("he", () => response.destroy());
      },
      /^answer cut off/,
    ],
    ["a cut connection", (response) => response.destroy(), /^no answer: ECONNRESET/],
  ])("count %s as failed, and say why", async (_, reply, reason) => {
    respond = (_request, response) => reply(response);

    await readFor(100);

    expect(reads.length).toBeGreaterThan(0);
    for (const read of reads) {
      expect(read).toMatchObject({ outcome: "failed", reason: expect.stringMatching(reason) });
    }
  });

  it("take any value that was ever written, and a delete for what it is", async () => {
    let turn = 0;
    know(KEY, "0123456789abcdef0123456789abcdef-2");
    respond = (_request, response) => {
      turn += 1;
      if (turn % 2 === 0) answer(response, 200, "0123456789abcdef0123456789abcdef-2", HELLO);
      else answer(response, 200, md5(HELLO), HELLO);
    };
    await readFor(120);
    expect(reads.filter(({ outcome }) => outcome === "failed")).toEqual([]);
    expect(new Set(reads.map(({ etag }) => etag)).size).toBe(2);

    reads = [];
    respond = (_request, response) => {
      values.sendingDelete(KEY);
      answer(response, 404, "x", HELLO);
    };
    await readFor(120);
    expect(reads.length).toBeGreaterThan(0);
    expect(reads.every(({ status, outcome }) => status === 404 && outcome === "ok")).toBe(true);
  });

  it("keep their rate while nothing answers, and give each read up after its time", async () => {
    const arrivals: number[] = [];
    respond = () => {
      arrivals.push(performance.now());
    };

    const begun = performance.now();
    await readFor(600, { timeoutMilliseconds: 250 });
    const periods = (performance.now() - begun) / 20;

    // 2 readers, one read each in 20 ms; a closed loop would have managed 2 in each 250 ms.
    expect(arrivals.length).toBeGreaterThan(12);
    expect(arrivals.length).toBeLessThanOrEqual(2 * (periods + 1));
    expect(reads).toHaveLength(arrivals.length);
    for (const read of reads) {
      expect(read).toMatchObject({ outcome: "failed", reason: "no answer: more than 250 ms" });
      expect(read.end - read.at).toBeGreaterThanOrEqual(249);
    }
  });

  it("never have more reads under way than allowed, and record what they could not send", async () => {
    respond = () => undefined;

    await readFor(200, { timeoutMilliseconds: 300, maximumInFlight: 3 });

    expect(reads.filter(({ reason }) => reason === "not sent: 3 reads are under way").length).toBeGreaterThan(
      2,
    );
    expect(reads.filter(({ reason }) => reason?.startsWith("no answer"))).toHaveLength(3);
  });

  it("count nobody listening as failed", async () => {
    const gone = createServer();
    const port = await listen(gone);
    await close(gone);

    await readFor(60, { edgeUrl: `http://127.0.0.1:${port}` });

    expect(reads[0]).toMatchObject({ outcome: "failed", reason: "no answer: ECONNREFUSED" });
    expect(reads[0]?.status).toBeUndefined();
  });

  it("do not take the edge closing an idle connection for a failure", async () => {
    const used = new Set<Socket>();
    respond = ({ socket }, response) => {
      // What a reader sees that sends its second request just as the connection is closed.
      if (used.has(socket)) {
        socket.resetAndDestroy();
      } else {
        used.add(socket);
        answer(response, 200, md5(HELLO), HELLO);
      }
    };

    await readFor(300, { readers: 1 });

    expect(used.size).toBeGreaterThan(2);
    expect(reads.filter(({ outcome }) => outcome === "failed")).toEqual([]);
  });

  it("read nothing as long as there is no key that both stores hold", async () => {
    values = new KnownValues();

    await readFor(60);

    expect(reads).toEqual([]);
  });
});

describe("the machine's delay", () => {
  it("shows for how long this process could not run", async () => {
    const events: MachineDelay[] = [];
    const end = watchMachineDelay({
      everyMilliseconds: 40,
      clock: () => 7,
      emit: (event) => events.push(event),
    });

    await pause(60);
    const until = performance.now() + 180;
    while (performance.now() < until);
    await pause(60);
    end();
    const count = events.length;
    await pause(60);

    expect(Math.max(...events.map(({ milliseconds }) => milliseconds))).toBeGreaterThan(120);
    expect(events.every((event) => event.milliseconds >= 0 && event.at === 7)).toBe(true);
    expect(events).toHaveLength(count);
  });
});
