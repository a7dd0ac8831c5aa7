import type { StoreName } from "../../contract/stores";
import type { WriteDone } from "../evidence/events";

/** An answer that a reader got, as far as it can be right or wrong. */
export interface ReadAnswer {
  readonly status: number;
  /** Without quotes. */
  readonly etag?: string;
}

interface KeyHistory {
  /** How many writes that may have been applied, or still may, have this value. */
  readonly etags: Map<string, number>;
  /** Deletes that may have been applied, or still may. */
  deletes: number;
  /** When the first acknowledged write was answered, in milliseconds of the run. */
  acknowledgedAt?: number;
  /** Bytes of the last acknowledged write. */
  bytes: number;
  /** Where the last write went that may have been applied, and when its outcome was known. */
  last?: { readonly store: StoreName; readonly settledAt: number };
  replicated: boolean;
  /** The last clean run named the key as one that it could not make equal. */
  excepted: boolean;
}

/**
 * What each key may legally read as: every value that was ever sent to either store, unless the store refused
 * it. A read may be stale by the lag, but a value that nobody wrote is a failure.
 */
export class KnownValues {
  private readonly histories = new Map<string, KeyHistory>();
  private readonly readableKeys: string[] = [];
  private readonly readableIndex = new Map<string, number>();
  private replicatedBefore = Number.NEGATIVE_INFINITY;

  /** @param readableBytes keys whose value is larger than this many bytes are never offered to readers */
  constructor(private readonly readableBytes = 256 * 1024) {}

  /** A put is about to be sent: from now on it may be read. */
  public sendingPut(key: string, etag: string): void {
    const { etags } = this.history(key);
    etags.set(etag, (etags.get(etag) ?? 0) + 1);
  }

  /** A delete is about to be sent: from now on the key may be missing. */
  public sendingDelete(key: string): void {
    this.history(key).deletes += 1;
    this.offer(key);
  }

  /** The outcome of what `sendingPut` or `sendingDelete` announced; `sentEtag` is the announced one. */
  public settled(write: WriteDone, sentEtag?: string): void {
    const history = this.history(write.key);
    if (write.outcome === "refused") {
      this.withdraw(history, write, sentEtag);
    } else {
      history.last = { store: write.store, settledAt: write.end };
      if (write.operation === "put") {
        this.noteValue(history, write);
      }
    }
    this.offer(write.key);
  }

  /**
   * A clean run of replication had its sync point at `before` (milliseconds of the run): what was acknowledged
   * until then is on both stores, the named exceptions aside.
   */
  public markReplicated(before: number, exceptions: Iterable<string> = []): void {
    const left = new Set(exceptions);
    this.replicatedBefore = Math.max(this.replicatedBefore, before);
    for (const [key, history] of this.histories) {
      history.excepted = left.has(key);
      if (!history.excepted && history.acknowledgedAt !== undefined && history.acknowledgedAt < before) {
        history.replicated = true;
        this.offer(key);
      }
    }
  }

  /** Whether both stores must answer a read of this key with one of its values. */
  public readable(key: string): boolean {
    return this.readableIndex.has(key);
  }

  /** The readable keys, in no particular order. */
  public readables(): readonly string[] {
    return this.readableKeys;
  }

  /**
   * Whether an overwrite on this store replaces a descendant of everything that was ever written to the key.
   * Where it does not, because the last write went to the other store and was not replicated since, an
   * overwrite would make a conflict.
   */
  public mayOverwrite(key: string, store: StoreName): boolean {
    const history = this.histories.get(key);
    return (
      history?.acknowledgedAt !== undefined &&
      history.deletes === 0 &&
      history.last !== undefined &&
      (history.last.store === store || (!history.excepted && history.last.settledAt < this.replicatedBefore))
    );
  }

  /** Why the answer is wrong, or undefined when it is one that the key may give. */
  public judge(key: string, answer: ReadAnswer): string | undefined {
    const history = this.histories.get(key);
    if (history === undefined) {
      return "nobody ever wrote this key";
    }
    if (answer.status === 403 || answer.status === 404) {
      return history.deletes > 0 ? undefined : `status ${answer.status} for a key that both stores hold`;
    }
    if (answer.status !== 200) {
      return `status ${answer.status}`;
    }
    if (answer.etag === undefined) {
      return "no ETag in the answer";
    }
    return history.etags.has(answer.etag) ? undefined : `a value that nobody wrote: ${answer.etag}`;
  }

  private history(key: string): KeyHistory {
    const known = this.histories.get(key);
    if (known) {
      return known;
    }
    const history: KeyHistory = {
      etags: new Map(),
      deletes: 0,
      bytes: 0,
      replicated: false,
      excepted: false,
    };
    this.histories.set(key, history);
    return history;
  }

  private withdraw(history: KeyHistory, write: WriteDone, sentEtag: string | undefined): void {
    if (write.operation === "delete") {
      history.deletes -= 1;
    } else if (sentEtag !== undefined) {
      const others = (history.etags.get(sentEtag) ?? 0) - 1;
      if (others > 0) {
        history.etags.set(sentEtag, others);
      } else {
        history.etags.delete(sentEtag);
      }
    }
  }

  private noteValue(history: KeyHistory, write: WriteDone): void {
    // A store that encrypts gives another ETag than the MD5 that was announced.
    if (write.etag !== undefined && !history.etags.has(write.etag)) {
      history.etags.set(write.etag, 1);
    }
    history.bytes = Math.max(history.bytes, write.bytes ?? 0);
    if (write.outcome === "acknowledged") {
      history.acknowledgedAt ??= write.end;
    }
  }

  /** Adds the key to what readers are offered, or takes it away; in constant time. */
  private offer(key: string): void {
    const history = this.history(key);
    const wanted = history.replicated && history.deletes === 0 && history.bytes <= this.readableBytes;
    const index = this.readableIndex.get(key);
    if (wanted && index === undefined) {
      this.readableIndex.set(key, this.readableKeys.push(key) - 1);
    } else if (!wanted && index !== undefined) {
      const last = this.readableKeys.pop();
      if (last !== undefined && last !== key) {
        this.readableKeys[index] = last;
        this.readableIndex.set(last, index);
      }
      this.readableIndex.delete(key);
    }
  }
}
