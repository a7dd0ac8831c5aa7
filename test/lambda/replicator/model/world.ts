import { setImmediate as nextTurn } from "node:timers/promises";
import { EPOCH_KEY, isReservedKey, UPLOADS_KEY } from "../../../../contract/state-keys";
import { otherStore, STORE_NAMES, type StoreName } from "../../../../contract/stores";
import { DEFAULT_DELETE_POLICY } from "../../../../lambda/replicator/delete-policy";
import { DirectionGuard, DirectionLostError } from "../../../../lambda/replicator/direction-guard";
import { noteFlip } from "../../../../lambda/replicator/epoch";
import type { KeyException, RunReport } from "../../../../lambda/replicator/report";
import { run, runKeys, runRange } from "../../../../lambda/replicator/run";
import type { RunOptions } from "../../../../lambda/replicator/run-options";
import { syncByHand } from "../../../../lambda/replicator/sync-by-hand";
import type { RecordedUpload } from "../../../../lambda/replicator/upload-journal";
import type { ObjectTags } from "../../../../lambda/s3/object-client";
import { storedPart } from "../../../support/in-memory-objects";
import { uploadsOf } from "../../../support/in-memory-uploads";
import { ReplicatedPair, storeError } from "../../../support/replicated-pair";
import { HOLD, Ledger, REQUEST_TIMEOUT } from "./ledger";
import { type Mishap, Runner, type UploadChange } from "./runner";
import { type SavedPass, savedPasses } from "./saved-pass";

/** F: for so long after a flip an old reading of the marker may still be acted on. Milliseconds. */
export const FENCE = 60_000 + HOLD + REQUEST_TIMEOUT;

/** What clients do. `stale`: on the store that is not active. */
export type Act =
  | { readonly type: "delete" | "begin upload"; readonly key: string; readonly stale: boolean }
  | { readonly type: "complete upload" }
  /** CopyObject of an older version onto its own key. */
  | { readonly type: "restore"; readonly key: string; readonly stale: boolean; readonly age: number }
  | ({ readonly type: "write"; readonly key: string; readonly stale: boolean } & Content);

export interface Content {
  readonly body: string;
  readonly look: "plain" | "headers" | "metadata" | "tags" | "unsupported" | "keeps all metadata";
  /** How the store makes the ETag: of one part, of several, or of something secret. */
  readonly form: "single" | "multipart" | "encrypted" | "encrypted multipart";
}

/** What happens just before the request with the number `at`, and how many milliseconds pass. */
export type Disturbance = { readonly at: number; readonly wait: number } & (
  | Mishap
  | { readonly type: "flip" }
  | { readonly type: "act"; readonly act: Act }
);

/** Three runs ask some hundred times, however much goes wrong. */
const MOST_REQUESTS = 5000;

/** One process to be run. */
export interface Plan {
  readonly kind: "sweep" | "ranges" | "keys" | "by hand";
  readonly budget: number;
  /** Milliseconds by which its wall clock is ahead. */
  readonly skew: number;
  /** Deletions that it may place. */
  readonly mostDeletions: number;
}

export const CALM_SWEEP: Plan = { kind: "sweep", budget: 600_000, skew: 0, mostDeletions: 1000 };

interface Ended {
  readonly reports: readonly RunReport[];
  /** Whether one of them goes over all keys and saves what it came to. */
  readonly isSweep: boolean;
}

/** Two stores with clients, flips, and processes that replicate; every change is checked by the ledger. */
export class World extends ReplicatedPair {
  public readonly ledger: Ledger;
  /** How often what happened, so that a test can tell whether anything did. */
  public readonly met = new Map<string, number>();
  public active: StoreName = "primary";
  protected activeSince = Number.NEGATIVE_INFINITY;
  protected runsBeganAt = 0;
  private writeCount = 0;
  /** Keys that runs of the pass that is under way have named. */
  private named = new Set<string>();
  /** The last pass that vouched for something, and the keys that it named. */
  protected lastPass?: {
    readonly source: StoreName;
    /** Milliseconds, the source's clock. */
    readonly syncPoint: number;
    readonly named: ReadonlySet<string>;
    /** When its runs began, by the shared clock. */
    readonly began: number;
  };
  /** Of the last pass of all, whether it told of it or only saved it. */
  protected lastSyncPoint?: Pick<SavedPass, "source" | "syncPoint">;
  private readonly begun: { store: StoreName; key: string; uploadId: string }[] = [];
  /** All that clients ever began. */
  private readonly clientsUploads = new Set<string>();
  /** Uploads of replication that are open, and all that it ever began. */
  private readonly ours = new Map<string, { store: StoreName; key: string }>();
  private readonly everOurs = new Set<string>();

  constructor() {
    super();
    const moments = {
      now: () => this.clock.monotonic(),
      active: this.active,
      activeSince: this.activeSince,
      runsBeganAt: this.runsBeganAt,
      actsFor: this.actsFor,
    };
    // Asked for anew each time: they change.
    Object.defineProperties(moments, {
      active: { get: () => this.active },
      activeSince: { get: () => this.activeSince },
      runsBeganAt: { get: () => this.runsBeganAt },
    });
    this.ledger = new Ledger(this.buckets, moments);
  }

  /** Milliseconds after a flip for which an old reading of the marker may still act; here every reading is of this moment. */
  protected get actsFor(): number {
    return HOLD + REQUEST_TIMEOUT;
  }

  public get standby(): StoreName {
    return otherStore(this.active);
  }

  /** Whether the journal knows which store is active, or there is none: until then, what is done there leaves no trace. */
  public get flipIsKnown(): boolean {
    const journals = STORE_NAMES.map((store) => this.body(store, EPOCH_KEY)).filter(
      (text) => text !== undefined,
    );
    const epochs = journals.map((text) => JSON.parse(text) as { epoch: number; active: StoreName });
    const [latest] = epochs.toSorted((left, right) => right.epoch - left.epoch);
    return latest === undefined || latest.active === this.active;
  }

  /** What a flip does before writers move. */
  public async noteFlip(): Promise<void> {
    const question = { active: this.active, now: this.clock.wall(), by: "flip" };
    if (!this.flipIsKnown) await noteFlip(this.clients, question, () => Promise.resolve());
  }

  public flipOver(): void {
    this.active = this.standby;
    this.activeSince = this.clock.monotonic();
    this.flip(this.active);
  }

  /** Pauses the writers, waits for a clean pass that began afterwards, and only then flips. @returns whether it came to that */
  public async flipAsPlanned(): Promise<boolean> {
    this.marker.marker = { active: this.active, writesPaused: true };
    this.clock.advance(FENCE);
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const [report] = await this.runs([CALM_SWEEP]);
      // The first one may only end a pass that was interrupted.
      if (report?.outcome !== "clean" || attempt === 0) continue;
      this.ledger.checkParity(this.active, namesOf(report));
      this.flipOver();
      this.clock.advance(FENCE);
      return true;
    }
    this.flip(this.active);
    return false;
  }

  /** @returns false when a client cannot do so now */
  public act(act: Act): boolean {
    if (act.type === "complete upload") return this.completeUpload();
    const store = act.stale ? this.standby : this.active;
    if (!act.stale && !this.flipIsKnown) return false;
    this.clock.advance(1000);
    if (act.type === "begin upload") this.beginUpload(store, act.key);
    if (act.type === "delete") this.ledger.asClient(() => this.buckets[store].delete(act.key));
    if (act.type === "write") this.put(store, act.key, act);
    return act.type === "restore" ? this.restoreOlder(store, act.key, act.age) : true;
  }

  /** Runs at the same time, with the requests of all of them numbered from 1; `turns` says how they interleave. */
  public async runs(
    plans: readonly Plan[],
    disturbances: readonly Disturbance[] = [],
    turns: readonly number[] = [],
    unreachable?: StoreName,
  ): Promise<RunReport[]> {
    this.clock.advance(300_000);
    this.requests = [];
    this.runsBeganAt = this.clock.monotonic();
    const savedBefore = this.savedPasses;
    let count = 0;
    const disturb = async (runner: Runner) => {
      count += 1;
      const mine = count;
      for (let turn = turns[mine % Math.max(1, turns.length)] ?? 0; turn > 0; turn -= 1) await nextTurn();
      for (const one of disturbances) if (one.at === mine) await this.inflict(one, runner);
    };
    const runners: Runner[] = [];
    for (const { skew } of plans) runners.push(this.runner(skew, disturb, () => runners, unreachable));
    const ended = await Promise.all(plans.map((plan, index) => this.complete(plan, runners[index])));
    const isUnsure = runners.some((runner) => runner.isDead || runner.isUnsure);
    this.ledger.checkMarkers(isUnsure);
    const reports = this.conclude(ended);
    this.learnFrom(ended, savedBefore);
    return reports;
  }

  /** What must hold once nothing has gone wrong for two runs. */
  public checkCalm(report: RunReport): void {
    this.ledger.checkParity(this.active, namesOf(report));
    this.ledger.checkNothingDisappeared();
    this.ledger.checkLatecomersGone();
    const recorded = this.recordedUploads(this.standby);
    if (recorded.length > 0)
      this.ledger.violations.push(`rule 10: uploads are still on record: ${JSON.stringify(recorded)}`);
    const open = new Set(
      uploadsOf(this.buckets[this.standby])
        .list("")
        .map(({ uploadId }) => `${this.standby} ${uploadId}`),
    );
    for (const [id, { store, key }] of this.ours) {
      if (store === this.standby && open.has(id))
        this.ledger.violations.push(`rule 10: an upload of ${key} is still open`);
    }
  }

  /** Changes of users' objects in the last runs. */
  public get changes(): string[] {
    return this.requests.filter((request) => {
      const [, operation, key] = request.split(" ");
      const changes = ["put", "delete", "createUpload", "completeUpload", "abortUpload", "uploadPart"];
      return changes.includes(operation ?? "") && !isReservedKey(key ?? "");
    });
  }

  public count(what: string): void {
    this.met.set(what, (this.met.get(what) ?? 0) + 1);
  }

  private recordedUploads(store: StoreName): readonly RecordedUpload[] {
    const journal = this.body(store, UPLOADS_KEY);
    return journal === undefined ? [] : (JSON.parse(journal) as { uploads: RecordedUpload[] }).uploads;
  }

  private runner(
    skew: number,
    disturb: (runner: Runner) => Promise<void>,
    others: () => readonly Runner[],
    unreachable: StoreName | undefined,
  ): Runner {
    const around = {
      clock: this.clock,
      disturb,
      onUpload: (change: UploadChange, store: StoreName, key: string, id: string) =>
        this.onUpload(change, store, key, id),
    };
    const runner: Runner = new Runner(
      around,
      (store) => ({
        bucketName: store,
        bucket: this.buckets[store],
        clock: () => this.clock.monotonic(),
        leastPartBytes: 1,
      }),
      skew,
      others,
      (store, operation, key) => {
        this.requests.push(`${store} ${operation} ${key ?? ""}`.trim());
        if (this.requests.length > MOST_REQUESTS) throw new Error("the runs come to no end");
        if (store === unreachable) throw storeError("unreachable");
      },
    );
    return runner;
  }

  private async complete(plan: Plan, runner: Runner | undefined): Promise<Ended> {
    if (runner === undefined) throw new Error("every plan has a runner");
    let ended: Ended = { reports: [], isSweep: false };
    try {
      ended = await this.carryOut(plan, runner);
    } catch (error) {
      if (!runner.isDead) this.ledger.violations.push(`a run rejected: ${String(error)}`);
    }
    runner.end();
    if (runner.deleted.size > plan.mostDeletions) {
      this.ledger.violations.push(`I6: one run deleted ${runner.deleted.size} keys of ${plan.mostDeletions}`);
    }
    return runner.isDead ? { reports: [], isSweep: false } : ended;
  }

  private async carryOut(plan: Plan, runner: Runner): Promise<Ended> {
    const options = this.optionsOf(plan, runner);
    switch (plan.kind) {
      case "sweep":
        return { reports: [await run(options)], isSweep: true };
      case "keys":
        await runKeys(options, ["c", "a", "d/e", "a", "c"]);
        return { reports: [], isSweep: false };
      case "ranges": {
        const reports: RunReport[] = [];
        for (const range of [{ upto: "a" }, { after: "a", upto: "b" }, { after: "b" }]) {
          const first = await runRange(options, range);
          reports.push(first);
          if (first.remainder) reports.push(await runRange(options, first.remainder));
        }
        return { reports, isSweep: false };
      }
      case "by hand":
        return { reports: await this.syncByHand(options, runner), isSweep: false };
    }
  }

  private async syncByHand(options: RunOptions, { clients }: Runner): Promise<RunReport[]> {
    try {
      const guard = await DirectionGuard.begin(this.marker, options.clock, HOLD);
      return [
        await syncByHand({
          ...options,
          source: clients[guard.active],
          destination: clients[otherStore(guard.active)],
          confirm: () => guard.confirm(),
          onSettled: undefined,
        }),
      ];
    } catch (error) {
      if (error instanceof DirectionLostError) return [];
      throw error;
    }
  }

  private optionsOf({ budget, mostDeletions }: Plan, { clients, clock }: Runner): RunOptions {
    return {
      clients,
      marker: this.marker,
      holdMilliseconds: HOLD,
      budgetMilliseconds: budget,
      by: "test",
      watermarkMarginMilliseconds: 120_000,
      clock,
      random: () => 0.5,
      limits: { smallAtFirst: 2 },
      deletes: { ...DEFAULT_DELETE_POLICY, mostKeys: mostDeletions },
    };
  }

  private conclude(ended: readonly Ended[]): RunReport[] {
    const reports = ended.flatMap((one) => one.reports);
    const sweeps = ended.flatMap((one) => (one.isSweep ? one.reports : []));
    for (const report of reports) {
      this.count(report.outcome);
      if (report.removed > 0) this.count("removed");
      for (const { kind } of report.exceptions) this.count(kind);
    }
    for (const report of sweeps) for (const { key } of report.exceptions) this.named.add(key);
    for (const { outcome, source, syncPoint } of sweeps) {
      if (source === undefined || syncPoint === undefined) continue;
      if (outcome === "clean" || outcome === "failed") {
        const { named, runsBeganAt: began } = this;
        this.lastPass = { source, syncPoint: Date.parse(syncPoint), named, began };
        this.ledger.checkSyncPoint(source, this.lastPass.syncPoint, named);
      }
    }
    if (sweeps.some(({ outcome }) => outcome === "clean" || outcome === "failed")) this.named = new Set();
    return reports;
  }

  private get savedPasses(): readonly SavedPass[] {
    return savedPasses((store, key) => this.body(store, key));
  }

  /** What runs saved counts as much as what they told: people are told by what is saved. */
  private learnFrom(ended: readonly Ended[], savedBefore: readonly SavedPass[]): void {
    const told = ended
      .flatMap(({ isSweep, reports }) => (isSweep ? reports : []))
      .flatMap(({ outcome, source, syncPoint }) => {
        if (source === undefined || syncPoint === undefined) return [];
        if (outcome !== "clean" && outcome !== "failed") return [];
        return [{ source, syncPoint: Date.parse(syncPoint) }];
      });
    const isAmong = (passes: readonly Omit<SavedPass, "isWhole">[], { source, syncPoint }: SavedPass) =>
      passes.some((one) => one.source === source && one.syncPoint === syncPoint);
    const untold = this.savedPasses.filter((one) => !isAmong(savedBefore, one) && !isAmong(told, one));
    for (const { source, syncPoint, isWhole } of untold) {
      this.count("untold pass");
      if (isWhole) this.ledger.checkSyncPoint(source, syncPoint, this.named);
    }
    // Where a flip came between two of them, the one from the store that is active now is the later one.
    const isOfNow = (source: StoreName) => Number(source === this.active);
    const [last] = [...told, ...untold].toSorted(
      (left, right) => isOfNow(right.source) - isOfNow(left.source) || right.syncPoint - left.syncPoint,
    );
    if (last !== undefined) this.lastSyncPoint = last;
  }

  private async inflict(one: Disturbance, runner: Runner): Promise<void> {
    this.count(one.type);
    if (one.type === "act") this.act(one.act);
    else if (one.type === "flip") this.flipOver();
    else await runner.suffer(one);
    if (one.wait === 0) return;
    // See the clock of a runner.
    await nextTurn();
    this.clock.advance(one.wait);
  }

  private put(store: StoreName, key: string, { body, look, form }: Content): void {
    this.writeCount += 1;
    const kept = this.ledger.object(store, key)?.headers.metadata ?? {};
    const looks: Record<Content["look"], Record<string, string>> = {
      plain: {},
      headers: {},
      tags: {},
      metadata: { colour: "blue" },
      unsupported: { long: "x".repeat(1950) },
      "keeps all metadata": { ...kept, edited: `${this.writeCount}` },
    };
    const isMultipart = form === "multipart" || form === "encrypted multipart";
    const parts = (isMultipart ? [body, body, body] : [body]).map((text, index) => {
      const part = storedPart(Buffer.from(text));
      if (!form.startsWith("encrypted")) return part;
      return { ...part, etag: storedPart(Buffer.from(`${this.writeCount} ${index}`)).etag };
    });
    const headers = { metadata: looks[look], ...(look === "headers" && { cacheControl: "no-cache" }) };
    const tags: ObjectTags = look === "tags" ? { team: "web" } : {};
    this.ledger.asClient(() =>
      this.buckets[store].put(key, { parts, multipart: isMultipart, headers, tags }),
    );
  }

  private restoreOlder(store: StoreName, key: string, age: number): boolean {
    const older = this.buckets[store].stack(key).filter((version) => version.kind === "object");
    const original = older[age % Math.max(1, older.length)];
    if (original === undefined) return false;
    const made = this.ledger.asClient(() => this.restore(store, key, original.versionId));
    this.ledger.isCopyOf(made, original);
    this.count("restore");
    return true;
  }

  private beginUpload(store: StoreName, key: string): void {
    const uploads = uploadsOf(this.buckets[store]);
    const uploadId = uploads.nextId();
    uploads.begin({
      uploadId,
      key,
      initiated: this.clock.monotonic(),
      headers: { metadata: {} },
      tags: {},
      keyExisted: false,
    });
    this.begun.push({ store, key, uploadId });
    this.clientsUploads.add(`${store} ${uploadId}`);
  }

  /** On the store where it was begun, whichever is active now. */
  private completeUpload(): boolean {
    const upload = this.begun.shift();
    if (upload === undefined) return false;
    if (upload.store === this.active && !this.flipIsKnown) return false;
    const { store, key, uploadId } = upload;
    this.clock.advance(1000);
    const uploads = uploadsOf(this.buckets[store]);
    try {
      uploads.end(uploads.find(key, uploadId).upload.uploadId);
    } catch {
      this.count("client's upload aborted");
      return false;
    }
    this.put(store, key, { body: "z", look: "plain", form: "multipart" });
    this.count("client's upload completed");
    return true;
  }

  private onUpload(change: UploadChange, store: StoreName, key: string, uploadId: string): void {
    // Ids are given by each store.
    const id = `${store} ${uploadId}`;
    if (this.clientsUploads.has(id) && change !== "aborted") return;
    if (change !== "aborted") {
      // Of two that were begun at one moment, one may have been told as the other's.
      if (change === "orphaned") this.ours.delete(id);
      else if (!this.everOurs.has(id)) this.ours.set(id, { store, key });
      this.everOurs.add(id);
      this.count("upload");
      return;
    }
    this.count("aborted");
    // A process that died before it knew its upload's id left the key and the time: a client's upload of the same
    // key and minutes, on the store that is not active, cannot be told from it.
    const isNameless = this.recordedUploads(store).some(
      (one) => one.key === key && one.uploadId === undefined,
    );
    if (!this.everOurs.has(id) && !isNameless) {
      this.ledger.violations.push(`rule 10: an upload of ${key} that replication did not begin was aborted`);
    }
    this.ours.delete(id);
    if (store === this.active && this.clock.monotonic() - this.activeSince > this.actsFor) {
      this.ledger.violations.push(`rule 10: an upload of ${key} was aborted on the active store`);
    }
  }
}

function namesOf({ exceptions }: { readonly exceptions: readonly KeyException[] }): ReadonlySet<string> {
  return new Set(exceptions.map(({ key }) => key));
}
