import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { METRIC_NAMES, METRICS_NAMESPACE } from "../../../contract/metrics";
import { Admission, BUFFERED_BYTES } from "../../../lambda/replicator/admission";
import { Boundaries, KEYS_PER_RANGE } from "../../../lambda/replicator/boundaries";
import { EnvironmentError, readConfig } from "../../../lambda/replicator/config";
import { DEFAULT_DELETE_POLICY } from "../../../lambda/replicator/delete-policy";
import { lastBytesGate } from "../../../lambda/replicator/last-bytes-gate";
import { isSuccess, type RunReport } from "../../../lambda/replicator/report";
import { RetriesExhaustedError, RetryBudget, withRetries } from "../../../lambda/replicator/retry";
import { runLogLine } from "../../../lambda/replicator/run-log";
import { runMetrics } from "../../../lambda/replicator/run-metrics";
import { spareTime } from "../../../lambda/replicator/spare-time";
import { Suspects } from "../../../lambda/replicator/suspects";
import { StoreError } from "../../../lambda/s3/store-error";
import { VirtualClock } from "../../support/replicated-pair";

const failing = (kind: StoreError["kind"]) =>
  new StoreError("made to fail", { kind, operation: "Test", bucket: "b" });

describe("the gate before the last bytes", () => {
  it("passes a body on unchanged, in whatever pieces it comes", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 20 }),
        async (pieces) => {
          const whole = Buffer.concat(pieces);
          const gate = lastBytesGate(() => Promise.resolve());
          expect(await buffer(Readable.from(pieces.map((piece) => Buffer.from(piece))).pipe(gate))).toEqual(
            whole,
          );
        },
      ),
      { numRuns: 50, seed: 3 },
    );
  });

  it("never lets the last piece through when the direction is lost", async () => {
    const passed: Buffer[] = [];
    const gate = lastBytesGate(() => Promise.reject(new Error("direction lost")));
    gate.on("data", (piece: Buffer) => passed.push(piece));
    Readable.from([Buffer.from("one"), Buffer.from("two"), Buffer.from("three")]).pipe(gate);
    await expect(new Promise((_resolve, reject) => gate.on("error", reject))).rejects.toThrow(
      "direction lost",
    );
    expect(Buffer.concat(passed).toString()).toBe("onetwo");
  });
});

describe("retries", () => {
  const options = () => ({ budget: new RetryBudget(), clock: new VirtualClock(), random: () => 0.5 });

  it("repeat what may pass, and nothing else", async () => {
    let calls = 0;
    const task = (kind: StoreError["kind"]) => () => {
      calls += 1;
      return calls < 3 ? Promise.reject(failing(kind)) : Promise.resolve("done");
    };
    expect(await withRetries(task("server-error"), options())).toBe("done");
    calls = 0;
    await expect(withRetries(task("access-denied"), options())).rejects.toMatchObject({
      kind: "access-denied",
    });
    expect(calls).toBe(1);
  });

  it("pause between nothing and a limit that doubles", async () => {
    const clock = new VirtualClock();
    const pauses: number[] = [];
    const sleep = clock.sleep.bind(clock);
    clock.sleep = (milliseconds) => {
      pauses.push(milliseconds);
      return sleep(milliseconds);
    };
    const task = () => Promise.reject(failing("timeout"));
    await expect(withRetries(task, { ...options(), clock, random: () => 1 })).rejects.toThrow("made to fail");
    expect(pauses).toEqual([100, 200, 400, 800]);
  });

  it("end the run when its budget is used up", async () => {
    const budget = new RetryBudget(3);
    const task = () => Promise.reject(failing("unreachable"));
    await expect(withRetries(task, { ...options(), budget })).rejects.toBeInstanceOf(RetriesExhaustedError);
  });
});

describe("suspects", () => {
  it("that are too many stay so until a whole pass has found fewer", () => {
    const alike = (key: string) => ({ key, etag: "e", size: 1, lastModified: new Date(0) });
    const first = new Suspects();
    for (let index = 0; index < 1500; index += 1) {
      const pair = { key: `${index}`, source: alike(`${index}`), destination: alike(`${index}`) };
      first.settled(pair, { outcome: "conflict", reason: "headers" });
    }
    const resumed = new Suspects(first.remembered(false).keys);
    expect(resumed.remembered(false).complete).toBe(false);
    expect(resumed.remembered(true)).toEqual({ keys: undefined, complete: true });
  });
});

describe("the boundaries of ranges that a pass samples", () => {
  const STORES = { epoch: 1, source: "source-1", destination: "standby-1" };
  const checkpoint = { after: "", passBegan: "2026-01-01T00:00:00Z", failed: 0, exceptions: 0 };
  const name = (index: number) => `key-${`${index}`.padStart(9, "0")}`;
  const pass = (boundaries: Boundaries, from: number, upto: number) => {
    for (let index = from; index <= upto; index += 1) boundaries.passed(name(index));
  };

  it("are every so many keys, and none where there are fewer", () => {
    const boundaries = Boundaries.continued(STORES);
    pass(boundaries, 1, KEYS_PER_RANGE - 1);
    expect(boundaries.all).toBeUndefined();
    pass(boundaries, KEYS_PER_RANGE, 3 * KEYS_PER_RANGE + 7);
    expect(boundaries.all).toEqual([1, 2, 3].map((times) => name(times * KEYS_PER_RANGE)));
    expect(boundaries.since).toBe(7);
  });

  it("go on where an interrupted pass was, whose last run may have come further than its checkpoint", () => {
    const first = Boundaries.continued(STORES);
    pass(first, 1, 2 * KEYS_PER_RANGE + 5);
    expect(first.upto(name(2 * KEYS_PER_RANGE))).toHaveLength(2);
    const kept = first.upto(name(2 * KEYS_PER_RANGE - 1));
    expect(kept).toEqual([name(KEYS_PER_RANGE)]);
    expect(first.upto(name(1))).toBeUndefined();

    const stopped = { ...checkpoint, sinceBoundary: 5 };
    const second = Boundaries.continued({ ...STORES, boundaries: kept, checkpoint: stopped });
    pass(second, 2 * KEYS_PER_RANGE, 3 * KEYS_PER_RANGE - 6);
    expect(second.all).toEqual([...(kept ?? []), name(3 * KEYS_PER_RANGE - 6)]);
    expect(Boundaries.continued({ ...STORES, boundaries: kept }).all).toBeUndefined();
  });

  it("ascend, though a key that takes long is told late", () => {
    const boundaries = Boundaries.continued(STORES);
    pass(boundaries, 1, 2 * KEYS_PER_RANGE - 1);
    boundaries.passed(name(3));
    expect(boundaries.all).toEqual([name(KEYS_PER_RANGE)]);
    boundaries.passed(name(2 * KEYS_PER_RANGE));
    expect(boundaries.all).toEqual([name(KEYS_PER_RANGE), name(2 * KEYS_PER_RANGE)]);
  });

  it("are never more than ten thousand", () => {
    const many = Array.from({ length: 10_000 }, (_, index) => name(index));
    const boundaries = Boundaries.continued({ ...STORES, boundaries: many, checkpoint });
    pass(boundaries, 20_000, 20_000 + KEYS_PER_RANGE);
    expect(boundaries.all).toEqual(many);
  });
});

describe("admission", () => {
  /** Starts copies of the given size until one has to wait. */
  async function fill(admission: Admission, size: number): Promise<number> {
    let started = 0;
    for (; started < 1000; started += 1) {
      const start = admission.start(size, () => new Promise(() => undefined));
      const waited = await Promise.race([
        start.then(() => false),
        new Promise((wait) => setImmediate(wait, true)),
      ]);
      if (waited) return started;
    }
    return started;
  }

  it("bounds small copies by number and by bytes, and large ones by streams", async () => {
    expect(await fill(new Admission(), 10)).toBe(32);
    expect(await fill(new Admission({ bufferedBytes: 5 * BUFFERED_BYTES }), BUFFERED_BYTES)).toBe(5);
    expect(await fill(new Admission(), BUFFERED_BYTES + 1)).toBe(8);
  });

  it("grows with each round of successes, up to its bound", async () => {
    const admission = new Admission({ smallAtFirst: 2, smallAtMost: 20, hasSpareTime: () => true });
    const limits = new Set<number>();
    for (let copies = 0; copies < 100; copies += 1) {
      await (await admission.start(1, () => Promise.resolve())).done;
      limits.add(admission.smallLimit);
    }
    expect([...limits]).toEqual([2, 10, 18, 20]);
  });

  it("does not grow while the processor is the limit", async () => {
    const admission = new Admission({ smallAtFirst: 2, smallAtMost: 20, hasSpareTime: () => false });
    for (let copies = 0; copies < 100; copies += 1)
      await (await admission.start(1, () => Promise.resolve())).done;
    expect(admission.smallLimit).toBe(2);
  });

  it("takes a thread for busy that never waits, and not one that does", async () => {
    const hasSpareTime = spareTime();
    await new Promise((wait) => setTimeout(wait, 200));
    expect(hasSpareTime()).toBe(true);
    const until = performance.now() + 100;
    const spin = (done: () => void): void => {
      if (performance.now() < until) setImmediate(spin, done);
      else done();
    };
    hasSpareTime();
    await new Promise<void>(spin);
    expect(hasSpareTime()).toBe(false);
  });

  it("halves once for all the copies that met one busy moment", async () => {
    const admission = new Admission({ smallAtFirst: 32 });
    const copies = await Promise.all(
      Array.from({ length: 10 }, () =>
        admission.start(1, async (busy) => {
          await Promise.resolve();
          busy();
        }),
      ),
    );
    await Promise.all(copies.map((copy) => copy.done));
    expect(admission.smallLimit).toBe(16);
    expect(admission.inFlight).toBe(0);
  });

  it.each([
    [32, 8],
    [2, 2],
  ])("that begins at %d is not lessened below %d, however often a store is busy", async (first, least) => {
    const admission = new Admission({ smallAtFirst: first });
    for (let copies = 0; copies < 10; copies += 1) {
      await (await admission.start(1, async (busy) => busy())).done;
    }
    expect(admission.smallLimit).toBe(least);
  });
});

describe("the function's environment", () => {
  const environment = {
    PRIMARY_ENDPOINT: "https://s3.eu-central-1.amazonaws.com",
    PRIMARY_BUCKET: "p",
    PRIMARY_REGION: "eu-central-1",
    PRIMARY_ADDRESS_STYLE: "virtual",
    SECONDARY_ENDPOINT: "https://standby.example.com",
    SECONDARY_BUCKET: "s",
    SECONDARY_REGION: "us-east-1",
    SECONDARY_ADDRESS_STYLE: "path",
    SECONDARY_CREDENTIALS_SECRET: "storage-failover/s",
    MARKER_NAME: "_storage-failover.assets.example.com",
  };

  it("is read whole, with the defaults of the contract", () => {
    expect(readConfig(environment)).toMatchObject({
      stores: {
        secondary: { endpoint: "https://standby.example.com", credentialsSecret: "storage-failover/s" },
      },
      holdSeconds: 20,
      requestTimeoutSeconds: 30,
      logsCopies: false,
      s3Client: "thin",
      deletes: DEFAULT_DELETE_POLICY,
    });
  });

  it.each([
    ["PRIMARY_BUCKET", undefined, "PRIMARY_BUCKET is not set"],
    ["SECONDARY_ADDRESS_STYLE", "host", 'SECONDARY_ADDRESS_STYLE is "host"; allowed: virtual, path'],
    ["MARKER_HOLD_SECONDS", "soon", 'MARKER_HOLD_SECONDS is "soon"'],
    ["MARKER_HOLD_SECONDS", "0", "above 0"],
    ["REQUEST_TIMEOUT_SECONDS", "", "above 0"],
    ["S3_CLIENT", "fast", 'S3_CLIENT is "fast"; allowed: thin, sdk'],
    ["DELETIONS", "", 'DELETIONS is ""; allowed: markers, off'],
    ["MAXIMUM_DELETIONS", "many", 'MAXIMUM_DELETIONS is "many"; allowed: a whole number, 0 or more'],
    ["MAXIMUM_DELETIONS", "", 'MAXIMUM_DELETIONS is ""'],
    ["MAXIMUM_DELETIONS_PERCENT", "101", "allowed: a whole number, 0 to 100"],
    ["OTLP_ENDPOINT", "collector:4318", 'OTLP_ENDPOINT is "collector:4318"; allowed: an http or https URL'],
    ["PUSHGATEWAY_URL", "", 'PUSHGATEWAY_URL is ""; allowed: an http or https URL'],
  ])("is refused with %s set to %s", (name, value, message) => {
    const read = () => readConfig({ ...environment, [name]: value });
    expect(read).toThrow(EnvironmentError);
    expect(read).toThrow(message);
  });
});

describe("the log line of a run", () => {
  const report: RunReport = {
    outcome: "clean",
    startedAt: "2026-01-01T00:00:00.000Z",
    endedAt: "2026-01-01T00:01:00.000Z",
    syncPoint: "2026-01-01T00:00:10.000Z",
    listed: 1,
    copied: 1,
    copiedBytes: 1,
    removed: 0,
    unchanged: 0,
    retries: 0,
    exceptionCounts: { conflict: 2, late: 0, deleted: 0, stray: 0, withheld: 0, unsupported: 0, failed: 0 },
    exceptions: [],
  };

  const lineOf = (of: RunReport): unknown => JSON.parse(runLogLine(of, "bucket", runMetrics(of, 5 * 1024)));

  it("carries every metric that is told of a run", () => {
    const line = lineOf(report) as Record<string, unknown>;
    expect(line).toMatchObject({
      event: "run",
      Bucket: "bucket",
      LagSeconds: 50,
      Conflicts: 2,
      FailedRuns: 0,
      Runs: 1,
    });
    const names = (line._aws as { CloudWatchMetrics: [{ Metrics: { Name: string }[]; Namespace: string }] })
      .CloudWatchMetrics[0];
    expect(names.Namespace).toBe(METRICS_NAMESPACE);
    const { heartbeatFailures, exportFailures, ...ofTheRun } = METRIC_NAMES;
    expect(names.Metrics.map((metric) => metric.Name).sort()).toEqual(Object.values(ofTheRun).sort());
    for (const { Name } of names.Metrics) expect([Name, typeof line[Name]]).toEqual([Name, "number"]);
    expect([heartbeatFailures, exportFailures].filter((name) => name in line)).toEqual([]);
  });

  it("tells each figure under its own name and in its unit", () => {
    const counts = { conflict: 1, late: 2, deleted: 3, stray: 4, withheld: 5, unsupported: 6, failed: 7 };
    const figures = { copied: 8, copiedBytes: 9, removed: 10, unchanged: 11, exceptionCounts: counts };
    const line = lineOf({ ...report, ...figures }) as Record<string, unknown>;
    expect(line).toMatchObject({
      Conflicts: 1,
      Strays: 4,
      WithheldDeletions: 5,
      UnsupportedObjects: 6,
      FailedObjects: 7,
      CopiedObjects: 8,
      CopiedBytes: 9,
      RemovedObjects: 10,
      UnchangedObjects: 11,
      RunSeconds: 60,
      MemoryBytes: 5120,
    });
    expect(JSON.stringify(line._aws)).toContain('{"Name":"CopiedBytes","Unit":"Bytes"}');
  });

  it("gives no lag before the first completed pass: missing, not zero", () => {
    expect(lineOf({ ...report, syncPoint: undefined })).not.toHaveProperty("LagSeconds");
  });

  it("counts a run that is out of time as failed only if a key failed", () => {
    const incomplete = { ...report, outcome: "incomplete" } as const;
    expect(isSuccess({ ...incomplete, exceptionCounts: { ...report.exceptionCounts, failed: 0 } })).toBe(
      true,
    );
    expect(isSuccess({ ...incomplete, exceptionCounts: { ...report.exceptionCounts, failed: 1 } })).toBe(
      false,
    );
  });

  it.each(["failed", "stopped"] as const)("counts a run that %s as failed", (outcome) => {
    expect(isSuccess({ ...report, outcome })).toBe(false);
    expect(lineOf({ ...report, outcome })).toMatchObject({ FailedRuns: 1 });
  });
});
