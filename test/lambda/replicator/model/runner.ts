import { AsyncLocalStorage } from "node:async_hooks";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { StoreName } from "../../../../contract/stores";
import type { Clock } from "../../../../lambda/replicator/clock";
import type {
  CompleteUploadRequest,
  ContentRequest,
  DeleteResult,
  DeleteTarget,
  ListingPage,
  ListRequest,
  ObjectContent,
  ObjectHeaders,
  ObjectTags,
  PutRequest,
  PutResult,
  UploadedPart,
  UploadPartRequest,
} from "../../../../lambda/s3/object-client";
import type { StoreErrorKind } from "../../../../lambda/s3/store-error";
import {
  InMemoryObjectClient,
  type InMemoryObjectClientOptions,
  type ObjectClientOperation,
} from "../../../support/in-memory-object-client";
import { uploadsOf } from "../../../support/in-memory-uploads";
import { storeError, type VirtualClock } from "../../../support/replicated-pair";
import { REQUEST_TIMEOUT } from "./ledger";

/** What may go wrong at a request, or at the next one that it can go wrong with. */
export type Mishap =
  | { readonly type: "fail"; readonly kind: StoreErrorKind }
  /** The process dies before its request takes effect, or after. */
  | { readonly type: "crash" | "crash after" }
  /** The request takes effect and its answer never arrives. */
  | { readonly type: "lose answer" }
  /** The request takes effect twice; the second answer arrives. */
  | { readonly type: "duplicate" }
  | { readonly type: "cut body" }
  /** A page of a listing ends early, and says so. */
  | { readonly type: "short page" }
  /** The process stands still until all others have ended. */
  | { readonly type: "stall" }
  | { readonly type: "wait" };

type Armed = "crash after" | "lose answer" | "duplicate" | "cut body" | "short page";

/** The process died: nothing that the replicator should be able to catch. */
export class Crash extends Error {
  public override readonly name = "Crash";
}

/** A request that is given up has not taken effect: what does is looked at when it arrives in time. */
const MUTATIONS: ReadonlySet<ObjectClientOperation> = new Set([
  "put",
  "delete",
  "deleteBatch",
  "putTags",
  "createUpload",
  "uploadPart",
  "completeUpload",
  "abortUpload",
]);

/** `orphaned`: created by a request that arrived twice, so that nobody ever learns its id. */
export type UploadChange = "created" | "orphaned" | "aborted";

/** When a request that changes something was begun: reading its body is a part of it. */
const begun = new AsyncLocalStorage<number>();

type Creation = { readonly headers: ObjectHeaders; readonly tags?: ObjectTags };

/** What the world around a process does at its requests. */
export interface Around {
  readonly clock: VirtualClock;
  /** Called before each request, with its number; acts on the runner, or on the stores. */
  disturb(runner: Runner): Promise<void>;
  /** Told of each upload that is begun or aborted. */
  onUpload(change: UploadChange, store: StoreName, key: string, id: string): void;
}

/** One process: its own clock and clients, and what goes wrong in it. */
export class Runner {
  public readonly clock: Clock;
  public readonly clients: Readonly<Record<StoreName, InMemoryObjectClient>>;
  public readonly deleted = new Set<string>();
  /** It ended, or stands still. */
  public isIdle = false;
  public isDead = false;
  private hasEnded = false;
  /** An answer was lost, so that it cannot know all that it did. */
  public isUnsure = false;
  public readonly armed = new Set<Armed>();

  constructor(
    around: Around,
    options: (store: StoreName) => InMemoryObjectClientOptions,
    skewMilliseconds: number,
    private readonly others: () => readonly Runner[],
    onRequest: (store: StoreName, operation: ObjectClientOperation, key: string | undefined) => void,
  ) {
    const shared = around.clock;
    this.clock = {
      monotonic: () => shared.monotonic(),
      wall: () => new Date(shared.monotonic() + skewMilliseconds),
      // Between two turns nobody is just about to do what was allowed a moment ago.
      sleep: async (milliseconds) => {
        await nextTurn();
        await shared.sleep(milliseconds);
      },
    };
    const client = (store: StoreName) =>
      new RunnersClient(this, around, store, {
        ...options(store),
        intercept: async (operation, key) => {
          onRequest(store, operation, key);
          await this.before(around, operation);
        },
        interceptAfter: () => this.after(),
      });
    this.clients = { primary: client("primary"), secondary: client("secondary") };
  }

  /** Its run came to an end; a request that stands still may outlive it. */
  public end(): void {
    this.hasEnded = true;
    this.isIdle = true;
  }

  /** @throws what the mishap makes of the request */
  public async suffer(mishap: Mishap): Promise<void> {
    switch (mishap.type) {
      case "fail":
        throw storeError(mishap.kind);
      case "crash":
        this.isDead = true;
        throw new Crash("killed");
      case "stall":
        this.isIdle = true;
        while (this.others().some((other) => other !== this && !other.isIdle && !other.isDead))
          await nextTurn();
        this.isIdle = this.hasEnded;
        return;
      case "wait":
        return;
      case "crash after":
      case "cut body":
      case "duplicate":
      case "lose answer":
      case "short page":
        this.armed.add(mishap.type);
    }
  }

  private async before(around: Around, operation: ObjectClientOperation): Promise<void> {
    const began = begun.getStore() ?? around.clock.monotonic();
    if (this.isDead) throw new Crash("dead");
    await around.disturb(this);
    if (this.isDead) throw new Crash("dead");
    const waited = around.clock.monotonic() - began;
    if (MUTATIONS.has(operation) && waited > REQUEST_TIMEOUT) throw storeError("timeout");
  }

  private after(): void {
    if (this.armed.delete("crash after")) {
      this.isDead = true;
      throw new Crash("killed");
    }
    if (this.armed.delete("lose answer")) {
      this.isUnsure = true;
      throw storeError("timeout");
    }
  }
}

/** One store as a process sees it. */
class RunnersClient extends InMemoryObjectClient {
  constructor(
    private readonly runner: Runner,
    private readonly around: Around,
    private readonly store: StoreName,
    options: InMemoryObjectClientOptions,
  ) {
    super(options);
  }

  public override async list(request?: ListRequest): Promise<ListingPage> {
    const page = await super.list(request);
    if (page.objects.length < 2 || !this.runner.armed.delete("short page")) return page;
    return { ...page, objects: page.objects.slice(0, 1), isTruncated: true };
  }

  public override async get(key: string, request?: ContentRequest): Promise<ObjectContent> {
    const content = await super.get(key, request);
    if (!this.runner.armed.delete("cut body")) return content;
    content.body.destroy();
    const body = new Readable({
      read() {
        this.push(Buffer.from("?"));
        this.destroy(storeError("unreachable"));
      },
    });
    return { ...content, body };
  }

  public override put(key: string, request: PutRequest): Promise<PutResult> {
    return this.perhapsTwice(() => super.put(key, request));
  }

  public override delete(target: DeleteTarget): Promise<DeleteResult> {
    if (target.versionId === undefined) this.runner.deleted.add(target.key);
    return this.perhapsTwice(() => super.delete(target));
  }

  public override createUpload(key: string, request: Creation): Promise<string> {
    return begun.run(this.around.clock.monotonic(), async () => {
      if (this.runner.armed.delete("duplicate")) {
        this.runner.isUnsure = true;
        await this.create(key, request, "orphaned").catch(unlessCrash);
      }
      return this.create(key, request, "created");
    });
  }

  public override uploadPart(key: string, request: UploadPartRequest): Promise<UploadedPart> {
    return this.perhapsTwice(() => super.uploadPart(key, request));
  }

  public override completeUpload(key: string, request: CompleteUploadRequest): Promise<PutResult> {
    return this.perhapsTwice(() => super.completeUpload(key, request));
  }

  public override async abortUpload(key: string, uploadId: string): Promise<void> {
    const wasOpen = this.openNow(key).has(uploadId);
    await this.perhapsTwice(() => super.abortUpload(key, uploadId));
    if (wasOpen) this.around.onUpload("aborted", this.store, key, uploadId);
  }

  private async create(key: string, request: Creation, change: "created" | "orphaned"): Promise<string> {
    const known = this.openNow(key);
    try {
      const id = await super.createUpload(key, request);
      this.around.onUpload(change, this.store, key, id);
      return id;
    } catch (error) {
      // It may be there all the same.
      for (const id of this.openNow(key)) {
        if (!known.has(id)) this.around.onUpload(change, this.store, key, id);
      }
      throw error;
    }
  }

  private openNow(key: string): ReadonlySet<string> {
    return new Set(
      uploadsOf(this.contents)
        .list(key)
        .map(({ uploadId }) => uploadId),
    );
  }

  /** First attempts whose answer nobody saw may have been refused. Both are the same request, begun once. */
  private perhapsTwice<T>(request: () => Promise<T>): Promise<T> {
    return begun.run(this.around.clock.monotonic(), async () => {
      if (this.runner.armed.delete("duplicate")) {
        this.runner.isUnsure = true;
        await request().catch(unlessCrash);
      }
      return request();
    });
  }
}

function unlessCrash(error: unknown): void {
  if (error instanceof Crash) throw error;
}
