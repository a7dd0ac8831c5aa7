import fc from "fast-check";
import { otherStore, type StoreName } from "../../contract/stores";
import type { DrillEvent } from "../../drill/evidence/events";
import { SimulatedHistory } from "./history";

/** One thing that somebody does; what it comes to depends on how things stand. */
export type Deed =
  | { readonly kind: "put" | "delete" | "read"; readonly key: string; readonly after: number }
  | { readonly kind: "replicate"; readonly after: number };

/** Five acts with whatever happens in them, around a loss, a return and a planned flip. */
export interface Plot {
  readonly first: StoreName;
  readonly acts: readonly (readonly Deed[])[];
}

/** Written twice before the first run, and never again. */
export const WRITTEN_TWICE = "always/twice";
/** Written at the very last moment before the loss, and never again. */
export const WRITTEN_LATE = "always/late";

const FENCE_MILLISECONDS = 3667;
const SPEED = 30;

const keys = fc.constantFrom("a", "b/c", "d e", "é", "f");
const after = fc.integer({ min: 5, max: 900 });
const deeds = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.record({ kind: fc.constant("put" as const), key: keys, after }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("delete" as const), key: keys, after }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant("read" as const), key: keys, after }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("replicate" as const), after }) },
  ),
  { maxLength: 12 },
);

export const plots: fc.Arbitrary<Plot> = fc.record({
  first: fc.constantFrom<StoreName>("primary", "secondary"),
  acts: fc.tuple(deeds, deeds, deeds, deeds, deeds),
});

/** The log of a drill that is right by construction: stores, writer, readers and replicator all keep the rules. */
export function playPlot({ first, acts }: Plot): readonly DrillEvent[] {
  const world = new World(first);
  const [before = [], lost = [], alone = [], back = [], end = []] = acts;
  world.do({ kind: "put", key: WRITTEN_TWICE, after: 20 });
  world.do({ kind: "put", key: WRITTEN_TWICE, after: 20 });
  world.do({ kind: "replicate", after: 2200 });
  for (const deed of before) world.do(deed);
  world.loseActive();
  for (const deed of lost) world.do(deed);
  world.flipUnplanned();
  for (const deed of alone) world.do(deed);
  world.mend();
  for (const deed of back) world.do(deed);
  world.flipPlanned();
  for (const deed of end) world.do(deed);
  return world.finish();
}

class World {
  private readonly run: SimulatedHistory;
  private at = 100;
  private lost: StoreName | undefined;

  constructor(private active: StoreName) {
    this.run = new SimulatedHistory({
      active,
      speed: SPEED,
      fence: { seconds: 110, waitedMilliseconds: FENCE_MILLISECONDS },
    });
    this.run.add(
      { type: "pool", at: 10, store: "primary", healthy: true },
      { type: "pool", at: 12, store: "secondary", healthy: true },
      { type: "phase", at: 20, phase: "all-well" },
      { type: "writer", at: 30, store: active, state: "writing" },
    );
  }

  public do(deed: Deed): void {
    this.wait(deed.after);
    if (deed.kind === "replicate") this.replicate();
    else if (deed.kind === "read") this.read(deed.key);
    else this.write(deed.kind, deed.key);
  }

  public replicate(): void {
    this.wait(50);
    if (this.lost !== undefined) return;
    this.run.replicate(this.at, this.active, 300);
    this.wait(400);
  }

  public loseActive(): void {
    this.wait(1200);
    this.write("put", WRITTEN_LATE);
    this.wait(100);
    this.lost = this.active;
    this.run.add(
      { type: "phase", at: this.at - 1, phase: "lost" },
      { type: "fault", at: this.at, target: this.active, fault: "killed" },
      { type: "pool", at: this.at + 900, store: this.active, healthy: false },
    );
    this.wait(1000);
  }

  public flipUnplanned(): void {
    const to = otherStore(this.active);
    this.wait(100);
    this.run.survey(this.at, to, "standby-at-failover");
    this.wait(50);
    const began = this.at;
    this.wait(30);
    this.run.flip(this.at, to);
    this.run.add({
      type: "operator",
      at: began,
      end: this.at + 20,
      command: ["flip", "--to", to, "--accept-loss"],
      exitCode: 0,
      outcome: "done",
      exposureSeconds: Math.ceil((this.at * SPEED) / 1000),
    });
    this.active = to;
    this.wait(FENCE_MILLISECONDS + 60);
    this.run.add({ type: "writer", at: this.at, store: to, state: "writing" });
    this.write("put", "always/after");
    this.wait(20);
    this.read("always/after");
    this.wait(2 * FENCE_MILLISECONDS);
  }

  public mend(): void {
    const returned = this.lost;
    if (returned === undefined) return;
    this.wait(200);
    this.lost = undefined;
    this.run.add(
      { type: "fault", at: this.at, target: returned, fault: "none" },
      { type: "pool", at: this.at + 700, store: returned, healthy: true },
    );
    this.wait(800);
    this.replicate();
  }

  /** Pauses, waits F, replicates, flips, waits F, resumes. */
  public flipPlanned(): void {
    const [from, to] = [this.active, otherStore(this.active)];
    this.wait(100);
    this.run.add(
      { type: "marker", at: this.at, marker: { active: from, writesPaused: true } },
      { type: "writer", at: this.at + 40, store: from, state: "paused" },
    );
    this.wait(FENCE_MILLISECONDS + 1100);
    this.replicate();
    this.run.add({
      type: "plan-applied",
      at: this.at,
      active: to,
      marker: { active: to, writesPaused: true },
      changedPaths: ["edge: resource.cloudflare_dns_record.marker.content"],
    });
    this.wait(FENCE_MILLISECONDS);
    this.active = to;
    this.run.add(
      { type: "marker", at: this.at, marker: { active: to, writesPaused: false } },
      { type: "writer", at: this.at + 30, store: to, state: "writing" },
    );
    this.wait(100);
  }

  public finish(): readonly DrillEvent[] {
    this.wait(1500);
    this.run.add({ type: "phase", at: this.at, phase: "verify" });
    this.replicate();
    const last = this.run.events.findLast((event) => event.type === "replication");
    const exceptions = last?.type === "replication" ? last.report.exceptions.map(({ key }) => key) : [];
    const objects = this.run.keys(this.active).length;
    this.run.add({
      type: "parity",
      at: this.at,
      moment: "end",
      objects,
      bytes: objects * 100,
      differences: [],
      exceptions,
    });
    this.wait(10);
    this.replicate();
    this.run.survey(this.at, "primary", "end");
    this.run.survey(this.at + 1, "secondary", "end");
    this.run.add(
      { type: "secrets", at: this.at + 2, searched: ["events.jsonl"], found: [] },
      { type: "delay", at: this.at + 3, milliseconds: 5 },
      { type: "run-ended", at: this.at + 10 },
    );
    return [...this.run.events].sort((left, right) => left.at - right.at);
  }

  private wait(milliseconds: number): void {
    this.at += milliseconds;
  }

  private write(kind: "put" | "delete", key: string): void {
    if (this.lost === this.active) {
      const { at, active: store } = this;
      this.run.add({ type: "write", at, end: at + 3, operation: kind, key, store, outcome: "refused" });
    } else if (kind === "put") this.run.put(this.at, this.active, key);
    else this.run.delete(this.at, this.active, key);
    this.wait(12);
  }

  private read(key: string): void {
    const store = this.lost === this.active ? otherStore(this.active) : this.active;
    const etag = this.run.current(store, key);
    if (etag === undefined) return;
    const { at } = this;
    this.run.add({ type: "read", at, end: at + 4, key, status: 200, etag, store, outcome: "ok" });
    this.wait(8);
  }
}
