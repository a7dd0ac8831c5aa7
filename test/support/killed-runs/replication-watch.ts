import { isReservedKey } from "../../../contract/state-keys";
import { otherStore, type StoreName } from "../../../contract/stores";
import { isChange, type SeenRequest } from "./seen-request";

/**
 * How much later than it was allowed to start a change may arrive, in milliseconds: on a busy machine, the way from one
 * process to the other takes time.
 */
const ON_THE_WAY_MILLISECONDS = 1_000;

/** What replication made, by the answers of the stores. */
export interface MadeByReplication {
  /** Version ids of objects. */
  readonly objects: ReadonlySet<string>;
  /** Version ids of delete markers. */
  readonly markers: ReadonlySet<string>;
}

/** Sees each request of replication, and checks the changes among them at the moment at which they arrive. */
export class ReplicationWatch {
  public readonly violations: string[] = [];
  public readonly made = { objects: new Set<string>(), markers: new Set<string>() };
  /** Keys of which replication ever began an upload. */
  public readonly uploadedKeys: Record<StoreName, Set<string>> = { primary: new Set(), secondary: new Set() };
  /** Changes of users' objects in the last run. */
  public changes: SeenRequest[] = [];
  public active: StoreName = "primary";
  /** Uploads that were aborted, and those that another run completed than began them. */
  public readonly uploads = { aborted: 0, continued: 0 };
  private runs = 0;
  private activeSince = Number.NEGATIVE_INFINITY;
  /** By its id, the run that began it. */
  private readonly begun = new Map<string, number>();

  constructor(private readonly holdMilliseconds: number) {}

  public flipped(): void {
    this.active = otherStore(this.active);
    this.activeSince = performance.now();
  }

  public runBegins(): void {
    this.runs += 1;
    this.changes = [];
  }

  public request(seen: SeenRequest): void {
    const { store, operation, key, uploadId = "", versionId = "" } = seen;
    if (!isChange(seen) || isReservedKey(key)) return;
    this.changes.push(seen);
    const since = performance.now() - this.activeSince;
    if (store === this.active && since > this.holdMilliseconds + ON_THE_WAY_MILLISECONDS) {
      this.violations.push(`I3: ${operation} of ${key} on ${store}, which is active`);
    }
    const isWrite = operation === "put" || operation === "complete upload";
    if (isWrite && !seen.isConditional) {
      this.violations.push(`I4: ${operation} of ${key} on ${store} without a condition`);
    }
    if (operation === "remove version" && !this.made.markers.has(versionId)) {
      this.violations.push(
        `I4: ${versionId} of ${key} on ${store} removed, which is no marker of replication`,
      );
    }
    if (operation === "abort upload" && !this.begun.has(uploadId)) {
      this.violations.push(`rule 10: upload ${uploadId} of ${key} on ${store} aborted, which another began`);
    }
  }

  public answer(seen: SeenRequest, status: number, versionId: string | undefined, body: string): void {
    if (status >= 300 || isReservedKey(seen.key)) return;
    const { operation, key, store, uploadId = "" } = seen;
    if ((operation === "put" || operation === "complete upload") && versionId)
      this.made.objects.add(versionId);
    if (operation === "place marker" && versionId) this.made.markers.add(versionId);
    if (operation === "abort upload") this.uploads.aborted += 1;
    if (operation === "complete upload" && this.begun.get(uploadId) !== this.runs)
      this.uploads.continued += 1;
    if (operation === "begin upload") {
      this.uploadedKeys[store].add(key);
      this.begun.set(/<UploadId>([^<]+)</.exec(body)?.[1] ?? "", this.runs);
    }
  }
}
