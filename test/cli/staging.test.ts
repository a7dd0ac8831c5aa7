import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "@jest/globals";
import type { StoreName } from "../../contract/stores";
import type { DrillFigures } from "../../drill/evidence/figures";
import { checkReport } from "../../drill/report/check-report";
import { type Ended, LocalDeployment, SPEED, type Started } from "../support/staged-deployment";

/** Milliseconds for the deployment to be started, or for a drill to come to its end, on a busy machine. */
const PATIENCE = 120_000;

interface Outcome {
  readonly passed: boolean;
  readonly problem?: string;
  readonly shortcomings: readonly string[];
  readonly report: string;
  readonly figures: DrillFigures;
}

describe("storage-failover drill --target staging", () => {
  let deployment: LocalDeployment;

  beforeAll(async () => {
    deployment = await LocalDeployment.start();
    expect((await deployment.run("facts").end).error).toBe("");
  }, PATIENCE);

  afterAll(() => deployment.stop(), PATIENCE);

  afterEach(async () => {
    await deployment.cloudflare.gateway?.pass();
    await deployment.stage.stores.gateways.secondary.pass();
  });

  const start = (...more: readonly string[]) =>
    deployment.run("drill", "--target", "staging", "--speed", String(SPEED), ...more);

  const untilWell = () =>
    until("both pools to be healthy", async () => {
      const pools = await deployment.stage.edge.pools();
      return pools.every(({ status, enabled }) => enabled && status === "healthy");
    });

  it(
    "takes a pool and a health object away, sees readers move and come back, and leaves all as it was",
    async () => {
      await deployment.configure({
        faults: [
          { store: "primary", kind: "pool-disabled", holdSeconds: 15 },
          { store: "primary", kind: "wrong-health-body", holdSeconds: 15 },
          { store: "secondary", kind: "health-object-removed", holdSeconds: 15 },
        ],
      });
      await untilWell();
      const before = await Promise.all([
        deployment.healthObject("primary"),
        deployment.healthObject("secondary"),
      ]);

      const { code, out, error } = await start("--yes", "--json").end;
      const outcome = JSON.parse(out) as Outcome;
      expect({ code, wanting: outcome.shortcomings, error: code === 0 ? "" : error }).toEqual({
        code: 0,
        wanting: [],
        error: "",
      });
      expect(
        outcome.figures.outages.map(({ store, fault, failedReads, detectedAsPredicted, movedSeconds }) => ({
          store,
          fault,
          failedReads,
          detectedAsPredicted,
          hasMoved: movedSeconds !== null,
        })),
      ).toEqual([
        {
          store: "primary",
          fault: "pool-disabled",
          failedReads: 0,
          detectedAsPredicted: null,
          hasMoved: true,
        },
        {
          store: "primary",
          fault: "wrong-health-body",
          failedReads: 0,
          detectedAsPredicted: true,
          hasMoved: true,
        },
        {
          store: "secondary",
          fault: "health-object-removed",
          failedReads: 0,
          detectedAsPredicted: true,
          hasMoved: false,
        },
      ]);
      for (const { returnSeconds, movedBackSeconds } of outcome.figures.outages) {
        expect(returnSeconds ?? movedBackSeconds).not.toBeNull();
      }
      expect(
        await Promise.all([deployment.healthObject("primary"), deployment.healthObject("secondary")]),
      ).toEqual(before);
      expect(await deployment.isPoolOn("primary")).toBe(true);
      expect(await deployment.journal()).toBeUndefined();
      expect(checkReport(join(outcome.report, "..")).problems).toEqual([]);
      expect(readFileSync(join(outcome.report, "..", "events.jsonl"), "utf8")).not.toContain(
        deployment.cloudflare.token,
      );
    },
    PATIENCE,
  );

  it(
    "breaks nothing where anything stands against it, and says all of it",
    async () => {
      await untilWell();
      await deployment.configure({
        allowedHostnames: ["other.example.com"],
        blackout: { timeZone: "Europe/Berlin", windows: ["* * * * *"] },
      });
      const changes = await changedBy(deployment, async () => {
        const refused = await start("--yes").end;
        expect(refused.code).toBe(1);
        expect(refused.error).toContain(
          `${deployment.hostname} is not among allowedHostnames (other.example.com)`,
        );
        expect(refused.error).toContain("a window in which nobody may drill: * * * * * (Europe/Berlin)");

        await deployment.configure({});
        const silent = await start().end;
        expect(silent).toMatchObject({
          code: 1,
          error: expect.stringContaining("nobody is here to agree to it"),
        });
        expect(silent.out).toContain("switch the pool of primary off, and on again");

        await deployment.configure({ faults: [{ store: "primary", kind: "killed" }] });
        const wrong = await start("--yes").end;
        expect(wrong.code).toBe(2);
        expect(wrong.error).toMatch(/staging\.yaml:1:\d+: faults\.0\.kind: /);
      });
      expect(changes).toBe(0);
      expect(await deployment.journal()).toBeUndefined();
    },
    PATIENCE,
  );

  it(
    "ends at once when reads fail, and mends",
    async () => {
      await untilWell();
      await deployment.configure({
        faults: [{ store: "primary", kind: "pool-disabled", holdSeconds: 3600 }],
        abort: { failedReads: { share: 0.3, overSeconds: 20 } },
      });
      const { end } = await startedAndBroken("primary");
      // Readers have only the other store now, and that one fails its objects, while its health object is well.
      await deployment.stage.stores.gateways.secondary.become({ kind: "data-path-broken" });
      const { code, out } = await end;
      expect(code).toBe(1);
      expect(out).toMatch(
        /✘ \d+ of \d+ reads of the last 20 s failed \(at most 30 % may\), the last with: status 500/,
      );
      expect(await deployment.isPoolOn("primary")).toBe(true);
      expect(await deployment.journal()).toBeUndefined();
    },
    PATIENCE,
  );

  it(
    "ends at once when Cloudflare no longer says how the other store is, and mends as soon as it can",
    async () => {
      await untilWell();
      await deployment.configure({
        faults: [{ store: "primary", kind: "wrong-health-body", holdSeconds: 3600 }],
        abort: { blindSeconds: 60 },
      });
      const before = await deployment.healthObject("primary");
      const { end } = await startedAndBroken("primary", "wrong-health-body");
      await deployment.cloudflare.gateway?.become({ kind: "answers", status: 503 });
      const { code, out } = await end;
      expect({ code, said: /Cloudflare has not said for .* how secondary is/.test(out) }).toEqual({
        code: 1,
        said: true,
      });
      expect(await deployment.healthObject("primary")).toEqual(before);
    },
    PATIENCE,
  );

  it(
    "mends on Ctrl-C",
    async () => {
      await untilWell();
      await deployment.configure({
        faults: [{ store: "primary", kind: "pool-disabled", holdSeconds: 3600 }],
      });
      const { process: child, end } = await startedAndBroken("primary");
      child.kill("SIGINT");
      expect((await end).code).toBe(130);
      expect(await deployment.isPoolOn("primary")).toBe(true);
      expect(await deployment.journal()).toBeUndefined();
    },
    PATIENCE,
  );

  it.each(["pool-disabled", "health-object-removed"] as const)(
    "that is killed with %s is mended by the next call, and by no other drill",
    async (kind) => {
      await untilWell();
      const before = await deployment.healthObject("primary");
      await deployment.configure({ faults: [{ store: "primary", kind, holdSeconds: 3600 }] });
      const { process: child, end } = await startedAndBroken("primary", kind);
      child.kill("SIGKILL");
      expect((await end).signal).toBe("SIGKILL");
      expect(await deployment.journal()).toContain(kind);

      const again = await start("--yes").end;
      expect(again).toMatchObject({
        code: 1,
        error: expect.stringContaining("drill --target staging --mend"),
      });
      const mended = await start("--mend", "--json").end;
      expect(JSON.parse(mended.out)).toMatchObject({
        outcome: "mended",
        store: "primary",
        kind,
        changedByOthers: false,
      });
      expect(await deployment.healthObject("primary")).toEqual(before);
      expect(await deployment.isPoolOn("primary")).toBe(true);
      expect(await start("--mend").end).toMatchObject({
        code: 0,
        out: expect.stringContaining("Nothing is broken"),
      });
    },
    PATIENCE,
  );

  /** A drill that holds: readers have been moved, or the object has gone. */
  async function startedAndBroken(store: StoreName, kind = "pool-disabled"): Promise<Started> {
    const started = start("--yes");
    const early: { end?: Ended } = {};
    void started.end.then((end) => {
      early.end = end;
    });
    const before = kind === "pool-disabled" ? undefined : await deployment.healthObject(store);
    await until(`${store} to be broken`, async () => {
      if (early.end !== undefined) throw new Error(`it ended: ${early.end.out}${early.end.error}`);
      if (kind === "pool-disabled") return (await deployment.isPoolOn(store)) === false;
      return JSON.stringify(await deployment.healthObject(store)) !== JSON.stringify(before);
    });
    await delay(500);
    return started;
  }
});

/** How many requests for a change Cloudflare's API got meanwhile. */
async function changedBy({ stage }: LocalDeployment, act: () => Promise<void>): Promise<number> {
  const before = stage.events.length;
  await act();
  return stage.events.slice(before).filter((event) => event.type === "api" && event.method !== "GET").length;
}

async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await delay(50);
  }
}
