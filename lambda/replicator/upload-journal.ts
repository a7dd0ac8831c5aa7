import { UPLOADS_KEY } from "../../contract/state-keys";
import type { ObjectClient } from "../s3/object-client";
import { readState, type StateObject, writeState } from "./state-object";

/** A multipart upload that replication began: recorded before it exists, so that none is ever forgotten. */
export interface RecordedUpload {
  /** Random; one attempt to copy one version. */
  readonly id: string;
  readonly key: string;
  /** Version and ETag of the source's object. */
  readonly versionId: string;
  readonly etag: string;
  /** What it was created to become, by `likenessOf`: only what is to become the same may go on with it. */
  readonly likeness?: string;
  /** ISO 8601, the runner's clock. */
  readonly begunAt: string;
  /** Absent while it is being created: then it is known by its key and time alone. */
  readonly uploadId?: string;
}

/** A record as somebody saw it. */
export type KnownUpload = Pick<RecordedUpload, "id" | "uploadId">;

interface Uploads {
  readonly uploads: readonly RecordedUpload[];
}

interface Change {
  readonly add?: RecordedUpload;
  readonly remove?: KnownUpload;
  readonly done: (error?: unknown) => void;
}

/**
 * The list of open uploads, kept on the destination. Changes that come together are written together; another
 * runner's changes are kept.
 */
export class UploadJournal {
  private waiting: Change[] = [];
  private writing = false;
  private state: StateObject<Uploads> | undefined;
  private isRead = false;

  /** @param confirm - resolves when a mutation may start now */
  constructor(
    private readonly destination: ObjectClient,
    private readonly confirm: () => Promise<void>,
  ) {}

  /** What is recorded now, by this run or an earlier one. */
  public async recorded(): Promise<readonly RecordedUpload[]> {
    if (!this.isRead) await this.read();
    return this.state?.value.uploads ?? [];
  }

  /** Resolves when the upload is on record, in place of one with the same `id`. */
  public record(upload: RecordedUpload): Promise<void> {
    return this.change({ add: upload });
  }

  /**
   * Resolves when the upload is off the record: completed, or aborted. A record that says more by now than was known
   * stays: its upload was created meanwhile.
   */
  public forget({ id, uploadId }: KnownUpload): Promise<void> {
    return this.change({ remove: { id, uploadId } });
  }

  private change(change: Omit<Change, "done">): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (error?: unknown) => {
        if (error === undefined) resolve();
        else reject(error instanceof Error ? error : new Error("not written", { cause: error }));
      };
      this.waiting.push({ ...change, done });
      if (!this.writing) void this.writeAll();
    });
  }

  private async writeAll(): Promise<void> {
    this.writing = true;
    while (this.waiting.length > 0) {
      const changes = this.waiting;
      this.waiting = [];
      let failure: unknown;
      try {
        await this.write(changes);
      } catch (error) {
        // What is stored now is not known: the next change looks at it first.
        this.isRead = false;
        failure = error;
      }
      for (const { done } of changes) done(failure);
    }
    this.writing = false;
  }

  private async write(changes: readonly Change[]): Promise<void> {
    for (;;) {
      const uploads = changes.reduce(applied, await this.recorded());
      await this.confirm();
      const written = await writeState(this.destination, UPLOADS_KEY, { uploads }, this.state);
      if (written) {
        this.state = written;
        return;
      }
      await this.read();
    }
  }

  private async read(): Promise<void> {
    this.state = await readState(this.destination, UPLOADS_KEY, parseUploads);
    this.isRead = true;
  }
}

function applied(uploads: readonly RecordedUpload[], { add, remove }: Change): readonly RecordedUpload[] {
  if (add) return [...uploads.filter(({ id }) => id !== add.id), add];
  return uploads.filter(({ id, uploadId }) => id !== remove?.id || uploadId !== remove.uploadId);
}

function parseUploads(json: unknown): Uploads | undefined {
  if (typeof json !== "object" || json === null || !("uploads" in json)) return undefined;
  const { uploads } = json;
  return Array.isArray(uploads) && uploads.every(isRecorded) ? { uploads } : undefined;
}

function isRecorded(value: unknown): value is RecordedUpload {
  if (typeof value !== "object" || value === null) return false;
  const { id, key, versionId, etag, begunAt, uploadId } = value as Partial<RecordedUpload>;
  const texts = [id, key, versionId, etag, begunAt];
  if (texts.some((text) => typeof text !== "string" || text === "")) return false;
  return uploadId === undefined || typeof uploadId === "string";
}
