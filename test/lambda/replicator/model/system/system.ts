import { setImmediate as nextTurn } from "node:timers/promises";
import { formatMarker, type Marker, parseMarker } from "../../../../../contract/marker";
import { otherStore, STORE_NAMES, type StoreName } from "../../../../../contract/stores";
import { readEdgePlan } from "../../../../../drill/edge/read-edge-plan";
import type { OriginBehaviour } from "../../../../../drill/edge/virtual/origin-behaviour";
import { VirtualEdge } from "../../../../../drill/edge/virtual/virtual-edge";
import type { RunReport } from "../../../../../lambda/replicator/report";
import { isKnown, type Known } from "../../../../../operate/known";
import type { Observation, StandbyNotes } from "../../../../../operate/observation";
import { agreedMarker } from "../../../../../operate/observe/read-marker";
import { standbyNotes } from "../../../../../operate/observe/standby-notes";
import { edgeStackJson } from "../../../../drill/edge-stack-fixture";
import { storeError } from "../../../../support/replicated-pair";
import { HOLD, REQUEST_TIMEOUT } from "../ledger";
import { type Act, CALM_SWEEP, type Disturbance, FENCE, type Plan, World } from "../world";
import { type ApiFault, VirtualCloudflare } from "./cloudflare";
import { LawfulWriter } from "./lawful-writer";
import { type Desk, type FlipEnd, type FlipOrder, flip, MOST_LAG } from "./operator";
import { ResolvedMarker, type ResolverNumber } from "./resolved-marker";

/** How a store is out of order, as the edge meets it. */
const FAULTS = {
  refusing: { kind: "answering", status: 503 },
  forbidding: { kind: "answering", status: 403 },
  hanging: { kind: "hanging" },
  unreachable: { kind: "unreachable" },
  "bad certificate": { kind: "tls-failed" },
  "no address": { kind: "dns-failed" },
  "wrong health body": { kind: "wrong-body" },
} satisfies Readonly<Record<string, OriginBehaviour>>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as readonly FaultName[];

/** What the edge repeats at once on the other store. */
const REPEATED: readonly FaultName[] = ["unreachable", "bad certificate"];

const REGIONS = ["WEU", "ENAM", "SEAS"] as const;

const MET_BY = {
  everybody: {},
  "one region": { regions: REGIONS.slice(0, 1) },
  "two regions": { regions: REGIONS.slice(0, 2) },
} as const;

/** Milliseconds for which a resolver may go on saying what it was told. */
const TTL = 60_000;

/** Milliseconds after which the monitors have noticed everything and no reader uses a cached address: the longest prediction, and some. */
const SETTLED = 90_000;

/** Milliseconds between two looks of a planned flip for a clean pass. */
const POLL = 30_000;

const RESOLVERS: readonly ResolverNumber[] = [0, 1];
const DESKS = ["first", "second"] as const;

const KEYS = ["a", "b", "c"];

export interface Fault {
  readonly name: FaultName;
  /** Everybody, readers and runs included; or only the probes of so many of the three regions. */
  readonly metBy: "everybody" | "one region" | "two regions";
}

/** The whole system: edge, marker and its resolvers, readers, writers that keep the rules, operators, runs, two stores. */
export class System extends World {
  public override readonly marker: ResolvedMarker;
  private readonly edge: VirtualEdge;
  private readonly cloudflare: VirtualCloudflare;
  private readonly writer: LawfulWriter;
  private readonly began = this.clock.monotonic();
  private readonly faults = new Map<StoreName, Fault>();
  private readonly changedAt = { primary: Number.NEGATIVE_INFINITY, secondary: Number.NEGATIVE_INFINITY };
  private readonly desks = new Map<string, Desk>();
  private orderedAt = Number.NEGATIVE_INFINITY;
  private turns: readonly number[] = [];
  private requestCount = 0;
  private runsBegun = 0;
  private runsUnderWay = 0;
  private healthyBefore: readonly StoreName[] = [];

  constructor() {
    super();
    const stack = edgeStackJson("primary");
    for (const pool of Object.values(stack.resource.cloudflare_load_balancer_pool)) {
      pool.check_regions = [...REGIONS];
    }
    this.edge = new VirtualEdge({ plan: readEdgePlan(stack) });
    this.marker = new ResolvedMarker((resolver) => formatMarker(this.edgeNow.resolve(resolver)));
    this.cloudflare = new VirtualCloudflare(this.edge, {
      turn: () => this.operatorsTurn(),
      beforeChange: () => {
        this.healthyBefore = this.healthyStores();
      },
      afterChange: () => this.afterChange(),
    });
    this.writer = new LawfulWriter(() => this.readMarker(), {
      holdMilliseconds: HOLD,
      fenceMilliseconds: FENCE,
    });
    this.intercept = (store) => {
      if (this.isDown(store)) throw storeError("unreachable");
    };
    this.clock.advance(SETTLED);
  }

  protected override get actsFor(): number {
    return TTL + HOLD + REQUEST_TIMEOUT;
  }

  /** Somebody else has a resolver look the marker up, so that the two need not know it since the same moment. */
  public ask(resolver: ResolverNumber): void {
    this.edgeNow.resolve(resolver);
  }

  public breakStore(store: StoreName, fault: Fault): void {
    this.mend(store);
    this.count(fault.metBy === "everybody" ? fault.name : `met by ${fault.metBy}`);
    this.faults.set(store, fault);
    this.changedAt[store] = this.clock.monotonic();
    this.edgeNow.origin(store).become(FAULTS[fault.name], MET_BY[fault.metBy]);
  }

  public mend(store: StoreName): void {
    if (!this.faults.delete(store)) return;
    this.changedAt[store] = this.clock.monotonic();
    this.edgeNow.origin(store).become({ kind: "healthy" });
  }

  public override async runs(
    plans: readonly Plan[],
    disturbances: readonly Disturbance[] = [],
    turns: readonly number[] = [],
    unreachable: StoreName | undefined = STORE_NAMES.find((store) => this.isDown(store)),
  ): Promise<RunReport[]> {
    this.runsBegun += 1;
    this.runsUnderWay += 1;
    const reports = await super.runs(plans, disturbances, turns, unreachable);
    this.runsUnderWay -= 1;
    return reports;
  }

  /** What clients do. Those that keep the rules ask first, and may for a while still be where a flip moved away from. */
  public override act(act: Act): boolean {
    if (act.type === "complete upload" || act.stale) return super.act(act);
    const now = this.clock.monotonic();
    const store = this.writer.store(now);
    if (store === undefined || this.isDown(store)) {
      this.count("writer held back");
      return false;
    }
    if (store === this.active) return super.act(act);
    this.count("late write");
    if (now - this.activeSince > this.actsFor)
      this.ledger.violations.push(
        `writers: one wrote to ${store} ${now - this.activeSince} ms after the flip`,
      );
    return super.act({ ...act, stale: true });
  }

  /** Somebody reads everything, through the edge. */
  public read(): void {
    const { store, status, retried } = this.edgeNow.read();
    if (retried) this.count("retried read");
    if (status !== 200) this.count("failed read");
    if (status === 200 && store !== undefined) {
      this.count(store === this.active ? "read from the active store" : "read from the standby");
      for (const key of KEYS) this.ledger.checkServed(store, key, this.vouched);
    }
    this.checkServedBy(status === 200 ? store : undefined);
  }

  /**
   * Operators at work at one time, each at a desk of its own; `turns` says how their requests interleave, `faults` what becomes of
   * those that change something.
   */
  public async operate(
    orders: readonly FlipOrder[],
    turns: readonly number[] = [],
    faults: readonly (ApiFault | undefined)[] = [],
  ): Promise<void> {
    this.turns = turns;
    this.requestCount = 0;
    this.cloudflare.faults = [...faults];
    const ends = await Promise.all(
      orders.map((order, index) => this.flipFrom(DESKS[index] ?? "first", order)),
    );
    this.cloudflare.faults = [];
    for (const end of ends) this.count(`flip ${end}`);
    if (ends.includes("done") && !ends.includes("interrupted")) this.checkOrder();
  }

  /** Whoever finds a flip half done completes it, and lets writers go on. */
  public async completeFlip(): Promise<void> {
    const { active, writesPaused } = this.cloudflare.marker;
    if (writesPaused) this.cloudflare.publish({ active, writesPaused: false });
    await this.operate([{ to: active, forced: true, planned: false }]);
  }

  /** As by Terraform, without a look at anything: the marker, then the order. */
  public override flipOver(): void {
    this.cloudflare.apply(this.standby);
  }

  /** Only who flips notes it, and not whoever writes next. */
  public override noteFlip(): Promise<void> {
    return Promise.resolve();
  }

  public override async flipAsPlanned(): Promise<boolean> {
    const to = this.standby;
    await this.operate([{ to, planned: true, forced: false }]);
    return this.active === to;
  }

  /** All faults are over, and whoever finds a flip half done completes it. */
  public async calmDown(): Promise<void> {
    for (const store of STORE_NAMES) this.mend(store);
    this.marker.silent.clear();
    await this.completeFlip();
  }

  public override checkCalm(report: RunReport): void {
    super.checkCalm(report);
    this.checkOrder();
    if (this.readMarker()?.active !== this.active)
      this.ledger.violations.push("marker: the resolvers do not say what the record says");
    this.read();
  }

  private checkOrder(): void {
    const { loadBalancer, pools } = this.cloudflare.state();
    const { id } = pools[this.active];
    if (loadBalancer.defaultPools[0] !== id || loadBalancer.fallbackPool !== id)
      this.ledger.violations.push("operators: the order is not what the marker says");
  }

  /** The pass to which the standby owes its state, as long as that is about this direction. */
  private get vouched() {
    const { lastPass } = this;
    return lastPass?.source === this.active && this.activeSince < lastPass.began ? lastPass : undefined;
  }

  /** The edge as it is at this moment. */
  private get edgeNow(): VirtualEdge {
    this.edge.advanceTo((this.clock.monotonic() - this.began) / 1000);
    return this.edge;
  }

  private readMarker(): Marker | undefined {
    try {
      return this.marker.readNow();
    } catch {
      return undefined;
    }
  }

  private isDown(store: StoreName): boolean {
    const fault = this.faults.get(store);
    return fault?.metBy === "everybody" && fault.name !== "wrong health body";
  }

  private healthyStores(): readonly StoreName[] {
    return this.edgeNow
      .pools()
      .filter(({ status }) => status === "healthy")
      .map(({ store }) => store);
  }

  /** Once the monitors have settled, whoever reads gets the first store of the order that is well, if any is. */
  private checkServedBy(served: StoreName | undefined): void {
    const now = this.clock.monotonic();
    // Two regions of three are most of them.
    const isWell = (store: StoreName) => (this.faults.get(store)?.metBy ?? "one region") === "one region";
    const isSettled = (store: StoreName) => now - this.changedAt[store] > SETTLED;
    if (now - this.orderedAt <= SETTLED) return;
    const first = this.firstStore;
    const second = otherStore(first);
    const fault = this.faults.get(first);
    const expected = isWell(first) ? first : second;
    if (!isWell(expected)) return;
    if (isSettled(first) && isSettled(second) && served !== expected) {
      this.ledger.violations.push(
        `readers: ${served ?? "nobody"} serves and not ${expected}, though all is settled`,
      );
    }
    // No monitor needs to notice what the edge repeats on the other store.
    if (
      fault?.metBy === "everybody" &&
      REPEATED.includes(fault.name) &&
      isSettled(second) &&
      served === undefined
    ) {
      this.ledger.violations.push(
        `readers: a read failed while ${first} was ${fault.name} and ${second} well`,
      );
    }
  }

  private get firstStore(): StoreName {
    const { loadBalancer, pools } = this.cloudflare.state();
    return loadBalancer.defaultPools[0] === pools.primary.id ? "primary" : "secondary";
  }

  private async flipFrom(name: string, order: FlipOrder): Promise<FlipEnd> {
    const { to, forced } = order;
    const desk = this.desks.get(name) ?? this.desk();
    this.desks.set(name, desk);
    const goesOn = desk.journal !== undefined && desk.journal.ended === undefined;
    const before = { active: this.active, healthy: this.healthyStores(), lag: this.lag };
    const edge = this.cloudflare.usedBy((moved) => {
      if (!moved || goesOn || before.active === to) return;
      if (order.planned && this.vouched) this.ledger.checkParity(before.active, this.vouched.named);
      if (forced) return;
      if (!before.healthy.includes(to))
        this.ledger.violations.push(`operators: nobody was told that ${to} is not healthy`);
      if (before.lag > MOST_LAG * 1000)
        this.ledger.violations.push(`operators: nobody was told that ${to} is ${before.lag} ms behind`);
      if (desk.told === undefined)
        this.ledger.violations.push(`operators: nobody was told that what ${to} lacks is unknown`);
    });
    return flip(desk, edge, order);
  }

  private desk(): Desk {
    const desk: Desk = {
      now: () => this.clock.wall(),
      look: async () => {
        const observation = await this.look();
        desk.told = syncPointOf(observation.standby);
        return observation;
      },
      tools: {
        fenceSeconds: FENCE / 1000,
        waiting: { now: () => this.clock.monotonic(), wait: (milliseconds) => this.wait(milliseconds) },
        replication: {
          pollMilliseconds: POLL,
          giveUpMilliseconds: 2_000_000,
          notes: () => this.notes(),
          activeClock: () => Promise.resolve(this.activeClock()),
        },
      },
    };
    return desk;
  }

  /** While an operator waits, the schedule goes on and writers try. */
  private async wait(milliseconds: number): Promise<void> {
    this.clock.advance(milliseconds / 3);
    this.act({ type: "write", key: "b", stale: false, body: "y", look: "plain", form: "single" });
    this.clock.advance((milliseconds * 2) / 3);
    if (milliseconds === POLL) await this.runs([CALM_SWEEP]);
  }

  private async look(): Promise<Observation> {
    await this.operatorsTurn();
    const resolvers = RESOLVERS.map((resolver) => ({
      name: `resolver ${resolver}`,
      reading: known(() => parseMarker(this.marker.answer(resolver))),
    }));
    const state = this.cloudflare.state();
    const marker = agreedMarker(resolvers);
    return {
      at: this.clock.wall().toISOString(),
      marker,
      resolvers,
      config: { unknown: "outside a project" },
      edge: { value: state },
      origins: { primary: this.originAnswer("primary"), secondary: this.originAnswer("secondary") },
      standby: await this.notes(),
      lastDrill: { unknown: "none" },
    };
  }

  private originAnswer(store: StoreName): Observation["origins"][StoreName] {
    const fault = this.faults.get(store);
    if (this.isDown(store) && fault?.name === "refusing") return { value: { status: 503, milliseconds: 1 } };
    if (this.isDown(store) && fault?.name !== "forbidding") return { unknown: "no answer" };
    return { value: { status: 403, milliseconds: 1 } };
  }

  private async notes(): Promise<Known<StandbyNotes>> {
    const { active, runsBegun } = this;
    try {
      const notes = await standbyNotes(this.clients[this.standby], this.standby);
      // What is changing meanwhile is told from before or from after.
      const isStill = this.runsUnderWay === 0 && runsBegun === this.runsBegun && active === this.active;
      if (isStill) this.checkTold(notes);
      return { value: notes };
    } catch (error) {
      return { unknown: String(error) };
    }
  }

  private activeClock(): Known<Date> {
    if (this.isDown(this.active)) return { unknown: "no answer" };
    return { value: new Date(Math.floor(this.clock.monotonic() / 1000) * 1000) };
  }

  /** I2: the standby is never further behind than it says. */
  private checkTold({ lagSeconds, syncPoint }: StandbyNotes): void {
    if (syncPoint === undefined || lagSeconds === undefined) return;
    // Clocks of stores tell whole seconds.
    if (this.lag <= lagSeconds * 1000 + 1000) return;
    this.ledger.violations.push(`I2: the standby is ${this.lag} ms behind, and says ${lagSeconds} s`);
  }

  /** Milliseconds since the sync point of the last pass in this direction. */
  private get lag(): number {
    const { lastSyncPoint } = this;
    // A flip there and back that no run met leaves what was copied before as it is.
    if (lastSyncPoint?.source !== this.active) return Number.POSITIVE_INFINITY;
    return this.clock.monotonic() - lastSyncPoint.syncPoint;
  }

  private async operatorsTurn(): Promise<void> {
    this.requestCount += 1;
    const waits = this.turns[this.requestCount % Math.max(1, this.turns.length)] ?? 0;
    for (let turn = 0; turn < waits; turn += 1) await nextTurn();
  }

  private afterChange(): void {
    const { active } = this.cloudflare.marker;
    if (active !== this.active) {
      // What was acknowledged before the sync point is there at the moment that counts.
      if (this.vouched) this.ledger.checkSyncPoint(this.active, this.vouched.syncPoint, this.vouched.named);
      this.active = active;
      this.activeSince = this.clock.monotonic();
    }
    this.orderedAt = this.clock.monotonic();
    const lost = this.healthyBefore.filter((store) => !this.healthyStores().includes(store));
    if (lost.length > 0)
      this.ledger.violations.push(`I8: the flip itself took ${lost.join(", ")} from the healthy pools`);
  }
}

function syncPointOf(notes: Known<StandbyNotes>): string | undefined {
  return isKnown(notes) ? notes.value.syncPoint : undefined;
}

function known<T>(ask: () => T): Known<T> {
  try {
    return { value: ask() };
  } catch (error) {
    return { unknown: String(error) };
  }
}
