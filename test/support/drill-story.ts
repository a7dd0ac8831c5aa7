import type { StoreName } from "../../contract/stores";
import type { DrillEvent, RunStarted } from "../../drill/evidence/events";
import { SimulatedHistory } from "./history";

/** When things happen in the story, in milliseconds of the machine. */
export const STORY = {
  seed: 3000,
  steady: 5000,
  refusing: 12_100,
  refusingNoticed: 13_900,
  mended: 17_000,
  mendedNoticed: 18_700,
  killed: 24_000,
  killedNoticed: 25_300,
  failover: 27_000,
  writerMoved: 30_700,
  returned: 35_000,
  paused: 44_000,
  failback: 49_000,
  resumed: 52_700,
  verify: 55_000,
  ended: 60_000,
} as const;

export interface StoryOptions {
  /** @default 40 */
  readonly objects?: number;
  /** Milliseconds between reads. @default 200 */
  readonly readEvery?: number;
  /** Milliseconds between the writer's writes. @default 500 */
  readonly writeEvery?: number;
  readonly start?: Partial<RunStarted>;
}

/** A whole drill in which everything goes well: what the demo is expected to log, with simulated stores. */
export function goodDrill(options: StoryOptions = {}): SimulatedHistory {
  const { objects = 40, writeEvery = 500, readEvery = 200 } = options;
  const run = new SimulatedHistory({ readerPeriodMilliseconds: readEvery, ...options.start });
  run.add(
    {
      type: "plan-applied",
      at: 5,
      active: "primary",
      marker: { active: "primary", writesPaused: false },
      changedPaths: [],
    },
    { type: "pool", at: 20, store: "primary", healthy: true },
    { type: "pool", at: 24, store: "secondary", healthy: true },
    { type: "phase", at: 100, phase: "load" },
  );
  for (let index = 0; index < objects; index += 1)
    run.put(200 + index * 5, "primary", `site/page ${index}.html`);
  run.put(420, "primary", "story/both.txt");
  run.put(430, "primary", "story/removed.txt");
  run.add({ type: "phase", at: STORY.seed, phase: "seed" });
  run.replicate(STORY.seed + 50, "primary", 900);
  run.add(
    { type: "phase", at: STORY.steady, phase: "steady" },
    { type: "writer", at: STORY.steady, store: "primary", state: "writing" },
  );
  writing(run, "primary", STORY.steady, STORY.refusing, writeEvery);
  outage(run);
  writing(run, "primary", STORY.mended + 100, STORY.killed, writeEvery, 23_000);
  killAndFlip(run);
  writing(run, "secondary", STORY.writerMoved, STORY.paused, writeEvery, 36_000, 39_000);
  returnAndCatchUp(run);
  planTheWayBack(run);
  writing(run, "primary", STORY.resumed, STORY.verify, writeEvery);
  verify(run, objects);
  reading(run, readEvery);
  run.events.sort((left, right) => left.at - right.at);
  return run;
}

/** Writes in between, runs of the replicator at the times given. */
function writing(
  run: SimulatedHistory,
  store: StoreName,
  from: number,
  until: number,
  every: number,
  ...runsAt: number[]
): void {
  let runs = [...runsAt];
  for (let at = from + every; at < until; at += every) {
    const due = runs.find((time) => time <= at);
    if (due !== undefined) {
      run.replicate(due, store);
      runs = runs.filter((time) => time !== due);
    }
    const sequence = Math.round(at / every);
    run.put(at, store, sequence % 3 === 0 ? "log/latest.json" : `log/entry-${sequence}.json`);
  }
}

function outage(run: SimulatedHistory): void {
  run.add(
    { type: "phase", at: STORY.refusing - 100, phase: "outage" },
    { type: "fault", at: STORY.refusing, target: "primary", fault: "answers-503" },
    { type: "pool", at: STORY.refusingNoticed, store: "primary", healthy: false },
    { type: "phase", at: STORY.mended - 1, phase: "recovered" },
    { type: "fault", at: STORY.mended, target: "primary", fault: "none" },
    { type: "pool", at: STORY.mendedNoticed, store: "primary", healthy: true },
  );
}

function killAndFlip(run: SimulatedHistory): void {
  run.put(STORY.killed - 60, "primary", "story/both.txt");
  run.survey(STORY.killed - 20, "primary", "before-kill");
  run.add(
    { type: "phase", at: STORY.killed - 30, phase: "kill" },
    { type: "fault", at: STORY.killed, target: "primary", fault: "killed" },
    { type: "edge-retry", at: STORY.killed + 12, from: "primary", to: "secondary", code: 521 },
    { type: "edge-retry", at: STORY.killed + 130, from: "primary", to: "secondary", code: 521 },
    {
      type: "write",
      at: STORY.killed + 40,
      end: STORY.killed + 44,
      operation: "put",
      key: "log/refused.json",
      store: "primary",
      outcome: "refused",
    },
    { type: "pool", at: STORY.killedNoticed, store: "primary", healthy: false },
    { type: "phase", at: STORY.failover - 200, phase: "failover" },
    { type: "writer", at: STORY.failover + 300, store: "primary", state: "paused" },
    { type: "writer", at: STORY.writerMoved, store: "secondary", state: "writing" },
  );
  run.survey(STORY.failover - 100, "secondary", "standby-at-failover");
  run.flip(STORY.failover, "secondary");
  run.put(STORY.writerMoved + 50, "secondary", "story/both.txt");
  run.delete(STORY.writerMoved + 90, "secondary", "story/removed.txt");
}

function returnAndCatchUp(run: SimulatedHistory): void {
  run.add(
    { type: "phase", at: STORY.returned - 50, phase: "reverse" },
    { type: "fault", at: STORY.returned, target: "primary", fault: "none" },
    { type: "pool", at: STORY.returned + 1800, store: "primary", healthy: true },
  );
  run.survey(STORY.returned + 100, "primary", "primary-returned");
}

function planTheWayBack(run: SimulatedHistory): void {
  run.add(
    { type: "phase", at: STORY.paused - 50, phase: "failback" },
    { type: "marker", at: STORY.paused, marker: { active: "secondary", writesPaused: true } },
    { type: "writer", at: STORY.paused + 200, store: "secondary", state: "paused" },
    { type: "writer", at: STORY.resumed, store: "primary", state: "writing" },
  );
  run.replicate(STORY.paused + 4000, "secondary");
  run.flip(STORY.failback, "primary");
}

function verify(run: SimulatedHistory, objects: number): void {
  run.add(
    { type: "phase", at: STORY.verify, phase: "verify" },
    { type: "writer", at: STORY.verify, store: "primary", state: "paused" },
    {
      type: "parity",
      at: STORY.verify - 12_000,
      moment: "after-reverse",
      objects,
      bytes: objects * 10_240,
      differences: [],
      exceptions: ["story/both.txt"],
    },
  );
  run.replicate(STORY.verify + 1500, "primary");
  run.add({
    type: "parity",
    at: STORY.verify + 2200,
    moment: "end",
    objects: objects + 20,
    bytes: (objects + 20) * 10_240,
    differences: [],
    exceptions: ["story/both.txt", "story/removed.txt"],
  });
  run.replicate(STORY.verify + 3000, "primary");
  run.survey(STORY.verify + 3700, "primary", "end");
  run.survey(STORY.verify + 3800, "secondary", "end");
  run.add(
    {
      type: "secrets",
      at: STORY.verify + 4000,
      searched: ["cdktf.out", "replicator environment", "events.jsonl"],
      found: [],
    },
    { type: "delay", at: STORY.verify + 4100, milliseconds: 12 },
    { type: "run-ended", at: STORY.ended },
  );
}

function reading(run: SimulatedHistory, every: number): void {
  const keys = run.keys("secondary").filter((key) => key.startsWith("site/"));
  for (let at = STORY.steady; at < STORY.ended - 500; at += every) {
    const key = keys[Math.round(at / every) % keys.length] ?? "site/page 0.html";
    const store = servedBy(at);
    const end = at + 3 + (Math.round(at / every) % 7);
    const etag = run.etagAt(key, at);
    const event: DrillEvent =
      store === "failed"
        ? {
            type: "read",
            at,
            end,
            key,
            status: 503,
            store: "primary",
            outcome: "failed",
            reason: "status 503",
          }
        : { type: "read", at, end, key, status: 200, etag, store, outcome: "ok" };
    run.add(event);
  }
}

function servedBy(at: number): StoreName | "failed" {
  if (at >= STORY.refusing && at <= STORY.refusingNoticed + 40) return "failed";
  const primaryPoolDown = at > STORY.refusingNoticed && at < STORY.mendedNoticed;
  const primaryGone = at >= STORY.killed && at < STORY.failback;
  return primaryPoolDown || primaryGone ? "secondary" : "primary";
}
