import { setTimeout as delay } from "node:timers/promises";
import type { Aim } from "./aims";
import type { KillableReplicator } from "./killable-replicator";
import type { ReplicationWatch } from "./replication-watch";
import type { SeenRequest } from "./seen-request";
import type { GateKeeper, Stage } from "./store-gate";

/** What happens just before the request with this number, from 1, goes on to its store. */
export interface Disturbance {
  readonly at: number;
  happen(): Promise<void>;
}

/** Where a kill struck. */
export interface Strike {
  readonly seen: SeenRequest;
  readonly stage: Stage;
}

/** Stands at the gates of both stores during one run after the other, and lets happen what was ordered. */
export class DisturbedRuns implements GateKeeper {
  /** Requests of the run. */
  public requests = 0;
  public strike: Strike | undefined;
  /** So many milliseconds each request waits. */
  public wait = 0;
  private aim: Aim | undefined;
  private matches = 0;
  private disturbances: readonly Disturbance[] = [];

  constructor(
    private readonly watch: ReplicationWatch,
    private readonly replicator: () => KillableReplicator,
  ) {}

  public begin(aim: Aim | undefined, disturbances: readonly Disturbance[]): void {
    this.requests = 0;
    this.matches = 0;
    this.wait = 0;
    this.strike = undefined;
    this.aim = aim;
    this.disturbances = disturbances;
    this.watch.runBegins();
  }

  public async onRequest(seen: SeenRequest): Promise<"pass" | Stage> {
    this.requests += 1;
    const number = this.requests;
    for (const disturbance of this.disturbances) if (disturbance.at === number) await disturbance.happen();
    this.watch.request(seen);
    if (this.wait > 0) await delay(this.wait);
    const { aim } = this;
    if (aim === undefined || !isAimedAt(aim, seen)) return "pass";
    this.matches += 1;
    if (this.matches < aim.nth) return "pass";
    this.aim = undefined;
    this.strike = { seen, stage: aim.stage };
    return aim.stage;
  }

  public onAnswer(seen: SeenRequest, status: number, versionId: string | undefined, body: string): void {
    this.watch.answer(seen, status, versionId, body);
  }

  public async kill(): Promise<void> {
    await this.replicator().kill();
  }
}

function isAimedAt({ operation, key }: Aim, seen: SeenRequest): boolean {
  return (operation === undefined || operation === seen.operation) && (key === undefined || key === seen.key);
}
