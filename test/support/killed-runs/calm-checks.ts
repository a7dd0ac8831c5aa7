import { isReservedKey } from "../../../contract/state-keys";
import { otherStore, STORE_NAMES, type StoreName } from "../../../contract/stores";
import { compareStores } from "../../../drill/comparison/parity";
import { surveyStore } from "../../../drill/comparison/survey";
import type { RunningStore } from "../../../drill/local-cloud/running-store";
import type { ExceptionKind, RunReport } from "../../../lambda/replicator/report";
import type { ListedObject, ObjectClient } from "../../../lambda/s3/object-client";
import type { Clients } from "./clients";
import { auditLineage } from "./lineage-audit";
import type { ReplicationWatch } from "./replication-watch";
import { isLeaseHeld, recordedUploads } from "./state-objects";

/** What a flip may leave when not everything had arrived. */
const LEFT_BY_FLIPS: ReadonlySet<ExceptionKind> = new Set(["conflict", "late", "deleted", "stray"]);

/** Comparing bytes, headers and tags of everything takes its time. */
const COMPARED_EVERY = 6;

/** What must hold when a run came to its end and nobody disturbed it. */
export class CalmChecks {
  public readonly violations: string[] = [];
  private recoveries = 0;
  private exceptions: readonly string[] = [];

  constructor(
    private readonly stores: Readonly<Record<StoreName, RunningStore>>,
    private readonly looking: Readonly<Record<StoreName, ObjectClient>>,
    private readonly clients: Clients,
    private readonly watch: ReplicationWatch,
  ) {}

  /** After the first run that was not killed. */
  public async recovered(report: RunReport | undefined): Promise<void> {
    if (report?.outcome !== "clean") {
      this.violates(
        `a calm run was ${report?.outcome}: ${report?.reason ?? JSON.stringify(report?.exceptions)}`,
      );
      return;
    }
    for (const { key, kind, reason } of report.exceptions) {
      if (!this.clients.excused.has(key) || !LEFT_BY_FLIPS.has(kind)) {
        this.violates(`${kind} ${key}, of which everything had arrived at every flip: ${reason}`);
      }
    }
    this.exceptions = report.exceptions.map(({ key }) => key);
    await this.listingsAreEqual();
    await this.uploadsAreEnded();
    if (await isLeaseHeld(this.looking[otherStore(this.watch.active)]))
      this.violates("the lease is held still");
    this.recoveries += 1;
    if (this.recoveries % COMPARED_EVERY === 0) await this.objectsAreEqual();
  }

  public yielded(report: RunReport | undefined): void {
    const { changes } = this.watch;
    if (report?.outcome !== "yielded" || changes.length > 0) {
      this.violates(
        `a run beside another one's lease was ${report?.outcome}, with ${changes.length} changes`,
      );
    }
  }

  /** I7: nothing has happened since the run before. */
  public async nothingToDo(report: RunReport | undefined): Promise<void> {
    for (const { operation, key } of this.watch.changes) {
      this.violates(`I7: ${operation} of ${key}, though the run before was clean`);
    }
    await this.recovered(report);
    await this.objectsAreEqual();
  }

  public async atTheEnd(): Promise<void> {
    const { acknowledged, open } = this.clients;
    for (const store of STORE_NAMES) {
      const recorded = await recordedUploads(this.looking[store]);
      if (recorded.length > 0)
        this.violates(`rule 10: on record on ${store} still: ${JSON.stringify(recorded)}`);
      for (const upload of await this.openOn(store))
        this.violates(`rule 10: open on ${store} still: ${upload.key}`);
    }
    for (const { store, key, uploadId } of open) {
      const left = await this.looking[store].uploads(key);
      if (!left.some((one) => one.uploadId === uploadId))
        this.violates(`a client's upload of ${key} was aborted`);
    }
    const [primary, secondary] = await Promise.all([this.survey("primary"), this.survey("secondary")]);
    const { made } = this.watch;
    const audit = { clients: this.looking, surveys: { primary, secondary }, acknowledged, made };
    for (const found of await auditLineage(audit)) this.violates(found);
  }

  private async listingsAreEqual(): Promise<void> {
    const [primary, secondary] = await Promise.all([this.list("primary"), this.list("secondary")]);
    for (const key of new Set([...primary.keys(), ...secondary.keys()])) {
      const [here, there] = [primary.get(key)?.etag, secondary.get(key)?.etag];
      if (here !== there && !this.exceptions.includes(key)) {
        this.violates(`I1: ${key} is "${here}" on the primary and "${there}" on the secondary`);
      }
    }
  }

  private async objectsAreEqual(): Promise<void> {
    const { exceptions, stores } = this;
    const { differences } = await compareStores({ stores, exceptions, moment: "end", clock: () => 0 });
    for (const { key, what } of differences) this.violates(`I10: ${key} differs: ${what}`);
  }

  /** Whatever replication began on the standby has an end; what it began on the active store, before a flip, is on record. */
  private async uploadsAreEnded(): Promise<void> {
    const { active } = this.watch;
    const standby = otherStore(active);
    for (const { key } of await this.openOn(standby))
      this.violates(`rule 10: an upload of ${key} is open on ${standby}`);
    const left = await recordedUploads(this.looking[standby]);
    if (left.length > 0) this.violates(`rule 10: on record on ${standby} still: ${JSON.stringify(left)}`);
    const recorded = await recordedUploads(this.looking[active]);
    for (const { key, uploadId } of await this.openOn(active)) {
      const isKnown = recorded.some((one) => one.key === key && (one.uploadId ?? uploadId) === uploadId);
      if (!isKnown) this.violates(`rule 10: an upload of ${key} is open on ${active}, and forgotten`);
    }
  }

  /** Uploads of keys of which replication ever began one. */
  private async openOn(
    store: StoreName,
  ): Promise<readonly { readonly key: string; readonly uploadId: string }[]> {
    const keys = [...this.watch.uploadedKeys[store]];
    const open = await Promise.all(keys.map((key) => this.looking[store].uploads(key)));
    return open.flatMap((uploads, index) =>
      uploads.map(({ uploadId }) => ({ key: keys[index] ?? "", uploadId })),
    );
  }

  private async list(store: StoreName): Promise<ReadonlyMap<string, ListedObject>> {
    const { objects, isTruncated } = await this.looking[store].list();
    if (isTruncated) throw new Error("more keys than one page shows");
    return new Map(objects.filter(({ key }) => !isReservedKey(key)).map((object) => [object.key, object]));
  }

  private async survey(store: StoreName) {
    const settings = { store: this.stores[store], moment: "end", clock: () => 0 } as const;
    return (await surveyStore(settings)).objects;
  }

  private violates(what: string): void {
    this.violations.push(what);
  }
}
