import type { Marker } from "../../../contract/marker";
import { isReservedKey } from "../../../contract/state-keys";
import { otherStore, STORE_NAMES, type StoreName } from "../../../contract/stores";
import type { RunningStore } from "../../../drill/local-cloud/running-store";
import { type SeededRandom, seededRandom } from "../../../drill/workload/seeded-random";
import { noteFlip } from "../../../lambda/replicator/epoch";
import type { RunReport } from "../../../lambda/replicator/report";
import type { ObjectClient } from "../../../lambda/s3/object-client";
import { openObjectClient } from "../../../lambda/s3/open-object-client";
import { optionsFor } from "../opened-store";
import { type Aim, aims } from "./aims";
import { CalmChecks } from "./calm-checks";
import { type Act, Clients } from "./clients";
import { type Disturbance, DisturbedRuns } from "./disturbed-run";
import { ReplicationWatch } from "./replication-watch";
import { ageLease, isLeaseHeld } from "./state-objects";
import { HOLD_MILLISECONDS, type Surroundings, startSurroundings } from "./surroundings";

/** After a flip in the middle of a run each request takes so long: a run that did not stop would go on beyond the fence. */
const SLOWNESS_MILLISECONDS = 400;

export interface HistorySettings {
  readonly seed: number;
  readonly kills: number;
}

/** What a history came to. */
export interface LivedHistory {
  /** What broke an invariant, one sentence each. */
  readonly violations: readonly string[];
  /** How often what happened. */
  readonly met: ReadonlyMap<string, number>;
}

/** Clients, flips, and a replicator that is killed again and again; ends with both directions calm. */
export async function liveThroughKills(settings: HistorySettings): Promise<LivedHistory> {
  let marker: Marker = { active: "primary", writesPaused: false };
  const watch = new ReplicationWatch(HOLD_MILLISECONDS);
  let surroundings: Surroundings | undefined;
  const runs = new DisturbedRuns(watch, () => {
    if (surroundings === undefined) throw new Error("a request came before there was a replicator");
    return surroundings.replicator;
  });
  surroundings = await startSurroundings(runs, () => marker);
  const history = new KilledHistory(settings.seed, surroundings, runs, watch, (active) => {
    marker = { active, writesPaused: false };
  });
  try {
    await history.live(settings.kills);
    history.met.set("upload continued", watch.uploads.continued).set("upload aborted", watch.uploads.aborted);
    return { violations: [...watch.violations, ...history.checks.violations], met: history.met };
  } finally {
    history.close();
    await surroundings.stop();
  }
}

class KilledHistory {
  public readonly met = new Map<string, number>();
  public readonly checks: CalmChecks;
  private readonly random: SeededRandom;
  private readonly clients: Clients;
  private readonly looking: Readonly<Record<StoreName, ObjectClient>>;
  private kills = 0;
  private isFlipNoted = true;
  private inParts = "";
  private hasYielded = false;

  constructor(
    seed: number,
    private readonly surroundings: Surroundings,
    private readonly runs: DisturbedRuns,
    private readonly watch: ReplicationWatch,
    private readonly setMarker: (active: StoreName) => void,
  ) {
    const { stores } = surroundings;
    const look = (store: RunningStore) => openObjectClient("thin", optionsFor(store));
    this.looking = { primary: look(stores.primary), secondary: look(stores.secondary) };
    this.random = seededRandom(seed);
    this.clients = new Clients(stores, this.looking, this.random);
    this.checks = new CalmChecks(stores, this.looking, this.clients, this.watch);
  }

  private get active(): StoreName {
    return this.watch.active;
  }

  public close(): void {
    this.clients.close();
    for (const client of Object.values(this.looking)) client.close();
  }

  public async live(kills: number): Promise<void> {
    for (let objects = 0; objects < 12; objects += 1) await this.clients.act(this.active, "write");
    // The very first runs make identities and journals.
    const first: Aim = { nth: this.random.whole(2, 14), stage: "after" };
    for (const aim of [first, ...aims(kills, this.random)]) {
      if (this.kills < kills) await this.endure(aim, kills);
      if (this.isBroken) return;
    }
    // In both directions.
    for (let flips = 0; flips < 2; flips += 1) {
      await this.recover();
      await this.checks.nothingToDo(await this.run());
      if (this.isBroken) return;
      await this.flip();
    }
    // Both have been the standby since the last kill: whatever that left is gone.
    await this.recover();
    await this.checks.atTheEnd();
  }

  private get isBroken(): boolean {
    return this.watch.violations.length + this.checks.violations.length > 0;
  }

  /** One kill, or two that belong together, and what clients do before and meanwhile. */
  private async endure(aim: Aim, most: number): Promise<void> {
    await this.prepare(aim);
    const isAnywhere = aim.operation === undefined;
    if (isAnywhere && this.random.fraction() < 0.2) await this.flipInTheMiddle(aim);
    else await this.killAt(aim, this.mayAct(aim) ? this.actsMeanwhile() : []);
    if (aim.next && this.kills < most) await this.endure(aim.next, most);
    else if (this.random.fraction() < 0.4) {
      await this.recover();
      if (this.random.fraction() < 0.25) {
        this.count("planned flip");
        await this.flip();
      }
    }
  }

  private mayAct({ given, next, operation }: Aim): boolean {
    return given !== "a flip that nobody noted" && next === undefined && operation !== "abort upload";
  }

  private async prepare(aim: Aim): Promise<void> {
    if (this.mayAct(aim)) {
      for (let acts = this.random.whole(1, 5); acts > 0; acts -= 1) await this.act();
    }
    switch (aim.given) {
      case "an object in parts":
        this.inParts = await this.act("write in parts");
        return;
      case "its object overwritten":
        await this.act(this.random.pick(["write", "write in parts", "delete"] as const), this.inParts);
        return;
      case "a deletion":
        await this.recover();
        await this.act("delete", await this.someReplicated());
        return;
      case "a flip that nobody noted":
        await this.recover();
        this.moveMarker();
        this.count("planned flip");
        return;
      case undefined:
        if (this.mayAct(aim) && aim.operation === undefined && this.random.fraction() < 0.2) {
          this.count("unplanned flip");
          await this.act("delete", await this.someReplicated());
          this.clients.cutOff();
          await this.flip();
        }
    }
  }

  private actsMeanwhile(): readonly Disturbance[] {
    const happen = async () => void (await this.act());
    return Array.from({ length: this.random.whole(0, 2) }, () => ({ at: this.random.whole(1, 40), happen }));
  }

  /** A flip while a run has much to do still: it has to stop by itself, if it is not killed first. */
  private async flipInTheMiddle(aim: Aim): Promise<void> {
    for (const act of ["write", "write", "write in parts"] as const) await this.act(act);
    const at = this.random.whole(12, 22);
    const happen = () => {
      this.count("flip during a run");
      // Clients wait until the run is over: the fence.
      this.clients.cutOff();
      this.moveMarker();
      this.runs.wait = SLOWNESS_MILLISECONDS;
      return Promise.resolve();
    };
    await this.killAt({ ...aim, nth: at + aim.nth }, [{ at, happen }]);
  }

  private async killAt(aim: Aim, disturbances: readonly Disturbance[]): Promise<void> {
    await this.run(aim, disturbances);
    // It came to its end before it came to such a request; every run has this many.
    while (!this.runs.strike) await this.run({ nth: this.random.whole(1, 10), stage: aim.stage });
    const { seen, stage } = this.runs.strike;
    this.kills += 1;
    this.count("kill");
    this.count(`killed ${stage}`);
    this.count(`killed at ${isReservedKey(seen.key) ? seen.key : seen.operation}`);
    await this.yieldOnce();
    for (const store of STORE_NAMES) await ageLease(this.surroundings.stores[store], this.looking[store]);
  }

  /** A run that finds the lease of one that was killed a moment ago leaves everything as it is. */
  private async yieldOnce(): Promise<void> {
    if (this.hasYielded || !(await isLeaseHeld(this.looking[otherStore(this.active)]))) return;
    this.hasYielded = true;
    this.checks.yielded(await this.run());
  }

  private async run(aim?: Aim, disturbances: readonly Disturbance[] = []): Promise<RunReport | undefined> {
    const { replicator, gates } = this.surroundings;
    this.runs.begin(aim, disturbances);
    const report = await replicator.run();
    for (const gate of gates) await gate.quiet();
    if (report === undefined && !this.runs.strike) throw new Error("the function ended without a report");
    if (report) this.count(report.outcome);
    if (!this.isFlipNoted) await this.noteFlip();
    return report;
  }

  private async recover(): Promise<void> {
    const report = await this.run();
    this.clients.replicated();
    await this.checks.recovered(report);
  }

  private async act(act?: Act, on?: string): Promise<string> {
    this.count("act");
    return this.clients.act(this.active, act, on);
  }

  private async someReplicated(): Promise<string | undefined> {
    const { objects } = await this.looking[otherStore(this.active)].list();
    const keys = objects
      .map(({ key }) => key)
      .filter((key) => !isReservedKey(key) && !this.clients.excused.has(key));
    return keys.length === 0 ? undefined : this.random.pick(keys);
  }

  /** As the command does: moves the marker, and notes it where it can before writers move. */
  private async flip(): Promise<void> {
    this.moveMarker();
    await this.noteFlip();
  }

  private moveMarker(): void {
    this.watch.flipped();
    this.setMarker(this.active);
    this.isFlipNoted = false;
  }

  private async noteFlip(): Promise<void> {
    const question = { active: this.active, now: new Date(), by: "flip" };
    await noteFlip(this.looking, question, () => Promise.resolve());
    this.isFlipNoted = true;
  }

  private count(what: string): void {
    this.met.set(what, (this.met.get(what) ?? 0) + 1);
  }
}
