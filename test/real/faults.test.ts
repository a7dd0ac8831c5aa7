import { createServer, type Server, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "@jest/globals";
import type { S3Server } from "../../bench/replication/s3-server";
import { PROGRESS_KEY } from "../../contract/state-keys";
import { listen } from "../../drill/machine/loopback-server";
import type { RunReport } from "../../lambda/replicator/report";
import {
  type BenchStores,
  BUILD_MILLISECONDS,
  holding,
  madeUpObjects,
  startBenchStores,
} from "../support/bench-stores";
import { BuiltFunction, type BuiltFunctionOptions, type Sweep } from "../support/built-function";
import { describeWithBenchStores } from "../support/describe-with-bench-stores";
import { FAULTS, startFaultProxy } from "../support/fault-proxy";

const PATIENCE = 300_000;
const MIB = 1024 ** 2;
const MOST_PASSES = 5;

/** One connection in a hundred is cut, one request in twenty is refused, another one comes late. */
const LIKELIHOOD = {
  busy: 0.05,
  "cut request": 0.004,
  "lost answer": 0.003,
  "cut answer": 0.003,
  late: 0.05,
};

/** What is to be ended after a test, the last one first. */
let ends: (() => Promise<void>)[] = [];
let stores: BenchStores;

async function start(options: Omit<BuiltFunctionOptions, "bucket">): Promise<BuiltFunction> {
  const started = await BuiltFunction.start({ ...options, bucket: "bench" });
  ends.push(() => started.stop());
  return started;
}

beforeEach(async () => {
  stores = await startBenchStores();
  ends = [() => stores.stop()];
  const nothing = holding(madeUpObjects({ count: 0 }));
  await Promise.all([stores.source.load(nothing), stores.destination.load(nothing)]);
}, BUILD_MILLISECONDS);

afterEach(async () => {
  for (const end of ends.toReversed()) await end();
});

describeWithBenchStores("over a line that cuts, refuses and delays, the built function", () => {
  async function startOverBadLine() {
    const proxies = await Promise.all(
      [stores.source, stores.destination].map((store, index) =>
        startFaultProxy({ targetPort: portOf(store), seed: 4 + index, likelihood: LIKELIHOOD }),
      ),
    );
    ends.push(async () => {
      await Promise.all(proxies.map((proxy) => proxy.stop()));
    });
    const [primary, secondary] = proxies.map(({ url }) => url) as [string, string];
    return { proxies, replicator: await start({ endpoints: { primary, secondary } }) };
  }

  /** Runs as the schedule does, until a pass is clean. */
  async function sweepUntilClean(replicator: BuiltFunction): Promise<RunReport[]> {
    const reports: RunReport[] = [];
    while (reports.at(-1)?.outcome !== "clean" && reports.length < MOST_PASSES) {
      reports.push((await replicator.sweep()).report);
    }
    return reports;
  }

  it(
    "brings over 20,000 objects, some of them new versions of older ones, complete and equal, and tells how often it tried again",
    async () => {
      const { proxies, replicator } = await startOverBadLine();
      await stores.source.load(holding(madeUpObjects({ count: 300 })));
      await sweepUntilClean(replicator);
      const lastModified = new Date().toISOString();
      const wanted = madeUpObjects({ count: 20_000, generation: 2, lastModified });
      await stores.source.load(holding(wanted, true));

      const reports = await sweepUntilClean(replicator);

      // A key that has bad luck five times in a row is left to the next pass.
      expect(reports.length).toBeLessThanOrEqual(2);
      expect(reports.at(-1)).toMatchObject({ outcome: "clean", exceptions: [] });
      expect(reports[0]?.exceptions.length).toBeLessThan(10);
      // Hundreds of requests were refused or cut, and each was made again.
      expect(reports[0]?.retries).toBeGreaterThan(500);
      for (const { happened } of proxies) {
        for (const fault of FAULTS) expect([fault, happened[fault] > 10]).toEqual([fault, true]);
      }
      const check = { expected: 20_000, equal: 20_000, sameEtag: 20_000, lost: [], extra: 0 };
      expect(await stores.destination.check(wanted)).toEqual(check);
    },
    PATIENCE,
  );

  it(
    "brings over objects in parts, to the same ETags",
    async () => {
      const { replicator } = await startOverBadLine();
      const wanted = madeUpObjects({ count: 30, parts: [5 * MIB, 5 * MIB, 1000], tags: { kept: "yes" } });
      await stores.source.load(holding(wanted));

      const reports = await sweepUntilClean(replicator);

      expect(reports.map(({ outcome, reason }) => [outcome, reason]).at(-1)).toEqual(["clean", undefined]);
      expect(reports[0]?.retries).toBeGreaterThan(0);
      const check = { expected: 30, equal: 30, sameEtag: 30, lost: [], extra: 0 };
      expect(await stores.destination.check(wanted)).toEqual(check);
    },
    PATIENCE,
  );
});

describeWithBenchStores("where a store is dead, the built function", () => {
  /** Within the time that Lambda allows: an invocation that took longer would be ended from outside, and throw. */
  const timeoutSeconds = 60;
  const objects = madeUpObjects({ count: 50_000 });

  async function silentServer(): Promise<string> {
    const sockets = new Set<Socket>();
    const server: Server = createServer((socket) => sockets.add(socket.on("error", () => undefined)));
    const port = await listen(server);
    ends.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return `http://127.0.0.1:${port}`;
  }

  async function refusingAddress(): Promise<string> {
    const server = createServer();
    const port = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    return `http://127.0.0.1:${port}`;
  }

  function expectStopped({ report, thrown }: Sweep): void {
    expect(report.outcome).toBe("stopped");
    expect(thrown).toBe(`RunFailedError: run stopped: ${report.reason}`);
  }

  it.each(["primary", "secondary"] as const)(
    "ends, and says which request failed, when the %s refuses connections or never answers",
    async (dead) => {
      await stores.source.load(holding(objects));
      const alive = { primary: stores.source.url(false), secondary: stores.destination.url(false) };
      const expectEnd = async (address: string, words: string) => {
        const replicator = await start({
          endpoints: { ...alive, [dead]: address },
          timeoutSeconds,
          requestTimeoutSeconds: 0.5,
        });

        const ended = await replicator.sweep();

        expectStopped(ended);
        expect(ended.report).toMatchObject({ copied: 0, reason: expect.stringContaining(words) });
        expect(ended.report.retries).toBeGreaterThan(0);
        expect(ended.report.syncPoint).toBeUndefined();
      };
      await Promise.all([
        expectEnd(await refusingAddress(), "ECONNREFUSED"),
        expectEnd(await silentServer(), "no answer within 0.5 s"),
      ]);
    },
    PATIENCE,
  );

  it.each(["source", "destination"] as const)(
    "ends when the %s dies under it, says so, and keeps a checkpoint where there is still a place for it",
    async (dying) => {
      await stores.source.load(holding(objects));
      const endpoints = { primary: stores.source.url(false), secondary: stores.destination.url(false) };
      const replicator = await start({ endpoints, timeoutSeconds, requestTimeoutSeconds: 5 });

      const sweeping = replicator.sweep();
      while (((await stores.destination.requests()).PutObject ?? 0) < 500) await delay(5);
      await stores[dying].end();
      const ended = await sweeping;

      expectStopped(ended);
      const { report } = ended;
      expect(report.reason).toContain("too many requests fail; the last one: ");
      expect(report.copied).toBeGreaterThanOrEqual(400);
      expect(report.copied).toBeLessThan(objects.count);
      expect(report.syncPoint).toBeUndefined();
      if (dying === "destination") {
        expect(report.checkpoint).toBeUndefined();
        return;
      }
      const saved = await fetch(`${endpoints.secondary}/bench/${PROGRESS_KEY}`);
      expect(await saved.json()).toMatchObject({ checkpoint: { after: report.checkpoint } });
      expect(report.checkpoint).toMatch(/^assets\//);
    },
    PATIENCE,
  );
});

function portOf(store: S3Server): number {
  return Number(new URL(store.url(false)).port);
}
