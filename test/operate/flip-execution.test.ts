import { afterEach, describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { formatMarker, type Marker } from "../../contract/marker";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { readEdgePlan } from "../../drill/edge/read-edge-plan";
import { isFirst, orderWithFirst, type PoolOrder } from "../../operate/cloudflare/pool-order";
import { callOff, carryOut, FlipTakenOverError, type FlipTools } from "../../operate/flip/carry-out";
import { type FlipJournal, newJournal } from "../../operate/flip/journal";
import { EdgeUnsettledError } from "../../operate/flip/settle-order";
import type { LiveEdge, LiveEdgeState } from "../../operate/live-edge";
import type { StandbyNotes } from "../../operate/observation";
import { type DeployedEdge, deployEdge } from "./support/deployed-edge";

const signal = new AbortController().signal;

const NOTES: StandbyNotes = {
  store: "secondary",
  epoch: 1,
  active: "primary",
  activeSince: "2026-01-01T00:00:00Z",
  syncPoint: "2027-01-01T00:00:00Z",
};

/** Time that passes when it is waited for, and replication that has always just ended a pass. */
function tools(edge: LiveEdge, saved: { journal?: FlipJournal }, more: Partial<FlipTools> = {}): FlipTools {
  let clock = Date.parse("2026-03-01T12:00:00Z");
  return {
    edge,
    waiting: {
      now: () => clock,
      wait: (milliseconds, ended) => {
        ended.throwIfAborted();
        clock += milliseconds;
        return Promise.resolve();
      },
    },
    save: (journal) => {
      saved.journal = journal;
      return Promise.resolve();
    },
    fenceSeconds: 110,
    replication: {
      notes: () => Promise.resolve({ value: NOTES }),
      activeClock: () => Promise.resolve({ value: new Date(clock) }),
      pollMilliseconds: 1000,
      giveUpMilliseconds: 60_000,
    },
    ...more,
  };
}

const begin = (to: StoreName, planned: boolean, markerBefore = "active=primary") =>
  newJournal({ to, planned, markerBefore }, new Date("2026-03-01T12:00:00Z"));

describe("a flip that is stopped", () => {
  let deployed: DeployedEdge | undefined;

  afterEach(() => deployed?.cloudflare.stop());

  /** What readers and writers may ever see of a flip to the secondary. */
  function expectSafe(stack: unknown): void {
    const { marker, defaultPools, fallbackPool } = readEdgePlan(stack);
    const order = defaultPools.map(({ origin }) => origin.name);
    // No moment without a pool, and the order never runs ahead of the marker.
    expect([...order].sort()).toEqual(["primary", "secondary"]);
    expect(defaultPools.every(({ enabled }) => enabled)).toBe(true);
    expect(fallbackPool.origin.name).toBe(order[0]);
    if (order[0] === "secondary") expect(marker.content.active).toBe("secondary");
  }

  it.each([
    { planned: false, when: "before" },
    { planned: false, when: "after" },
    { planned: true, when: "after" },
  ] as const)(
    "goes on, whichever request it is stopped $when (planned: $planned)",
    async ({ planned, when }) => {
      let seen = 0;
      for (let stop = 1; ; stop++) {
        const controller = new AbortController();
        let counted = 0;
        const plans: unknown[] = [];
        const edge = await deployEdge({ onChange: (stack) => void plans.push(stack) });
        deployed = edge;
        edge.cloudflare.setFault(({ path }) => {
          // Of what does not touch the two that a flip moves, one request is as good as another.
          if (!/dns_records|zones\/\w+\/load_balancers/.test(path)) return undefined;
          counted += 1;
          if (counted !== stop) return undefined;
          controller.abort(new Error("killed"));
          return { kind: "cut", when };
        });
        const saved: { journal?: FlipJournal } = {};
        const first = begin("secondary", planned);
        const outcome = await carryOut(first, tools(edge.edge, saved), controller.signal).catch(
          () => "stopped",
        );
        edge.cloudflare.setFault(undefined);
        seen = counted;

        if (outcome === "stopped") await carryOut(saved.journal ?? first, tools(edge.edge, saved), signal);
        const { marker, defaultPools } = readEdgePlan(edge.cloudflare.stack());
        expect(marker.content).toEqual({ active: "secondary", writesPaused: false });
        expect(defaultPools[0]?.origin.name).toBe("secondary");
        expect(saved.journal?.ended?.outcome).toBe("flipped");
        expect(plans).toHaveLength(planned ? 4 : 2);
        for (const plan of plans) expectSafe(plan);
        await edge.cloudflare.stop();
        if (outcome !== "stopped") break;
      }
      expect(seen).toBeGreaterThan(10);
    },
  );

  it("writes nothing a second time", async () => {
    deployed = await deployEdge();
    const { edge, cloudflare } = deployed;
    await carryOut(begin("secondary", false), tools(edge, {}), signal);
    await carryOut(begin("secondary", false, "active=secondary"), tools(edge, {}), signal);
    expect(cloudflare.changes).toHaveLength(2);
  });
});

/** The edge in memory; every request of an operation is a turn that the scheduler gives. */
class SharedEdge {
  public marker: Marker = { active: "primary", writesPaused: false };
  public order: PoolOrder = { defaultPools: ["primary", "secondary"], fallbackPool: "primary" };
  /** A marker that the API says yes to, and does not write. */
  public deafTo = "";
  /** Whether the API says yes to an order, and leaves it as it was. */
  public keepsOrder = false;

  public seenBy(turn: (what: string) => Promise<void>): LiveEdge {
    const marker = () => ({ content: formatMarker(this.marker), marker: { value: this.marker } });
    const balancer = () => ({ enabled: true, ...this.order, regionPools: {} });
    const pool = (id: StoreName) => ({ id, enabled: true, health: { value: "healthy" as const } });
    return {
      read: async (): Promise<LiveEdgeState> => {
        await turn("read marker");
        const record = marker();
        await turn("read order");
        const pools = { primary: pool("primary"), secondary: pool("secondary") };
        return { marker: record, loadBalancer: balancer(), pools };
      },
      writeMarker: async (next) => {
        await turn("read marker");
        const isThere = formatMarker(this.marker) === formatMarker(next);
        if (!isThere) {
          await turn("write marker");
          if (formatMarker(next) !== this.deafTo) this.marker = next;
          await turn("read marker");
        }
        return marker();
      },
      writeOrder: async (active) => {
        await turn("read order");
        const { order } = this;
        if (!isFirst(order, active)) {
          await turn("write order");
          if (!this.keepsOrder) this.order = orderWithFirst(order, active);
          await turn("read order");
        }
        return balancer();
      },
    };
  }
}

/** As the command does it: what is there already is left, what is half done is finished, the rest is begun. */
async function operator(edge: LiveEdge, to: StoreName, planned: boolean): Promise<string> {
  const { marker, loadBalancer } = await edge.read(signal);
  const now = "value" in marker.marker ? marker.marker.value : undefined;
  if (now === undefined) return "unreadable";
  if (now.writesPaused) return "refused";
  const isMoved = now.active === to;
  if (isMoved && isFirst(loadBalancer, to)) return "already";
  const journal = begin(to, planned && !isMoved, formatMarker(now));
  try {
    await carryOut(journal, tools(edge, {}), signal);
    return "flipped";
  } catch (error) {
    if (error instanceof FlipTakenOverError) return "taken over";
    throw error;
  }
}

/** Gives each operator its turns in bursts: one may do a whole flip between two requests of another. */
class Turns {
  private readonly waiting = new Map<number, () => void>();

  public of(who: number): () => Promise<void> {
    return () => new Promise((resolve) => void this.waiting.set(who, resolve));
  }

  /** Until nobody waits any more; after the bursts, one after the other. */
  public async give(bursts: readonly (readonly [who: number, turns: number])[]): Promise<void> {
    for (const [who, turns] of bursts) {
      for (let turn = 0; turn < turns; turn++) await this.next(who);
    }
    await settled();
    for (let [who] = this.waiting.keys(); who !== undefined; [who] = this.waiting.keys()) {
      await this.next(who);
    }
  }

  private async next(who: number): Promise<void> {
    await settled();
    const go = this.waiting.get(who);
    this.waiting.delete(who);
    go?.();
    await settled();
  }
}

/** Whatever can go on without a turn has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("two operators at once", () => {
  /** Each flips one time after the other, as pipelines and people who disagree do. */
  const flips = fc.array(fc.record({ to: fc.constantFrom(...STORE_NAMES), planned: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  });
  const operators = fc.array(flips, { minLength: 2, maxLength: 3 });

  it("end where marker and order agree, however their requests come between each other", async () => {
    const outcomes = new Set<string>();
    const bursts = fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 25 })), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(bursts, operators, async (given, people) => {
        const shared = new SharedEdge();
        const turns = new Turns();
        const all = people.map(async (own, who) => {
          const edge = shared.seenBy(turns.of(who));
          for (const { to, planned } of own) outcomes.add(await operator(edge, to, planned));
        });
        await turns.give(given);
        await Promise.all(all);

        expect(isFirst(shared.order, shared.marker.active)).toBe(true);
        expect(shared.marker.writesPaused).toBe(false);
      }),
      { seed: 6, numRuns: 500 },
    );
    expect([...outcomes].sort()).toEqual(["already", "flipped", "refused", "taken over"]);
  });
});

describe("another operator's whole flip", () => {
  it.each([
    { own: false, other: false },
    { own: true, other: false },
    { own: false, other: true },
  ])(
    "between any two requests leaves marker and order in agreement (planned: $own, $other)",
    async ({ own, other }) => {
      const outcomes = new Set<string>();
      for (let moment = 1; ; moment++) {
        const shared = new SharedEdge();
        let turn = 0;
        const edge = shared.seenBy(async () => {
          turn += 1;
          if (turn === moment)
            await operator(
              shared.seenBy(() => Promise.resolve()),
              "primary",
              other,
            );
        });
        outcomes.add(await operator(edge, "secondary", own));
        expect([moment, isFirst(shared.order, shared.marker.active)]).toEqual([moment, true]);
        expect(shared.marker.writesPaused).toBe(false);
        if (turn < moment) break;
      }
      expect([...outcomes].sort()).toEqual(["flipped", "taken over"]);
    },
  );
});

describe("reading back", () => {
  it.each([
    ["active=secondary", false],
    ["active=primary;writes=paused", true],
    ["active=secondary;writes=paused", true],
    ["active=secondary", true],
  ])("finds that %s was accepted and not written (planned: %s)", async (deafTo, planned) => {
    const shared = new SharedEdge();
    shared.deafTo = deafTo;
    const saved: { journal?: FlipJournal } = {};
    const edge = shared.seenBy(() => Promise.resolve());
    await expect(carryOut(begin("secondary", planned), tools(edge, saved), signal)).rejects.toThrow(
      FlipTakenOverError,
    );
    expect(saved.journal?.ended?.outcome).toBe("taken-over");
    expect(isFirst(shared.order, shared.marker.active)).toBe(true);
  });

  it("finds that the order was accepted and not written, and leaves the flip to be gone on with", async () => {
    const shared = new SharedEdge();
    shared.keepsOrder = true;
    const saved: { journal?: FlipJournal } = {};
    const edge = shared.seenBy(() => Promise.resolve());
    const first = begin("secondary", false);
    await expect(carryOut(first, tools(edge, saved), signal)).rejects.toThrow(EdgeUnsettledError);
    expect(saved.journal?.ended).toBeUndefined();

    shared.keepsOrder = false;
    await carryOut(saved.journal ?? first, tools(edge, saved), signal);
    expect(isFirst(shared.order, "secondary")).toBe(true);
  });

  it("stops before the marker when somebody else has changed it since it was judged", async () => {
    const shared = new SharedEdge();
    shared.marker = { active: "primary", writesPaused: true };
    const writes: string[] = [];
    const edge = shared.seenBy((what) =>
      Promise.resolve(void (what.startsWith("write") && writes.push(what))),
    );
    await expect(carryOut(begin("secondary", false), tools(edge, {}), signal)).rejects.toThrow(
      "it says active=primary;writes=paused",
    );
    expect(writes).toEqual([]);
  });
});

describe("a planned flip", () => {
  it("lets a fence pass on either side of the move, and before it a pass that began when all was quiet", async () => {
    const shared = new SharedEdge();
    const story: string[] = [];
    let clock = Date.parse("2026-03-01T12:00:00Z");
    const happens = (what: string) =>
      void story.push(`${formatMarker(shared.marker)}, ${shared.order.fallbackPool} first: ${what}`);
    const waiting: FlipTools["waiting"] = {
      now: () => clock,
      wait: (milliseconds) => {
        happens(`${milliseconds / 1000} s pass`);
        clock += milliseconds;
        return Promise.resolve();
      },
    };
    const minute = 60_000;
    const replication: FlipTools["replication"] = {
      notes: () => {
        happens("a look");
        return Promise.resolve({ value: { ...NOTES, syncPoint: new Date(clock - minute).toISOString() } });
      },
      activeClock: () => Promise.resolve({ value: new Date(clock) }),
      pollMilliseconds: minute,
      giveUpMilliseconds: 10 * minute,
    };
    const edge = shared.seenBy(() => Promise.resolve());
    await carryOut(begin("secondary", true), tools(edge, {}, { waiting, replication }), signal);

    const paused = "active=primary;writes=paused, primary first";
    expect(story).toEqual([
      `${paused}: 110 s pass`,
      // Sync points of before, of just then, and of afterwards.
      `${paused}: a look`,
      `${paused}: 60 s pass`,
      `${paused}: a look`,
      `${paused}: 60 s pass`,
      `${paused}: a look`,
      "active=secondary;writes=paused, secondary first: 110 s pass",
    ]);
    expect(formatMarker(shared.marker)).toBe("active=secondary");
  });
});

describe("calling off", () => {
  const paused = (active: StoreName) => {
    const shared = new SharedEdge();
    shared.marker = { active, writesPaused: true };
    return { shared, edge: shared.seenBy(() => Promise.resolve()) };
  };

  it("lets the store that was active go on", async () => {
    const { shared, edge } = paused("primary");
    const ended = await callOff(begin("secondary", true), tools(edge, {}), signal);
    expect(ended?.ended?.outcome).toBe("called-off");
    expect(shared.marker).toEqual({ active: "primary", writesPaused: false });
  });

  it("is too late once the marker has moved", async () => {
    const { shared, edge } = paused("secondary");
    expect(await callOff(begin("secondary", true), tools(edge, {}), signal)).toBeUndefined();
    expect(shared.marker).toEqual({ active: "secondary", writesPaused: true });
  });
});
