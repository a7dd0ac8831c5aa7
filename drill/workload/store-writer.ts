import { DeleteObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { StoreName } from "../../contract/stores";
import type { ObjectHeaders, ObjectTags } from "../../lambda/s3/object-client";
import type { WriteDone } from "../evidence/events";
import type { KnownValues } from "./known-values";
import { md5, putObject } from "./put-object";
import { connectStore, type StoreAccess } from "./store-access";
import { failedWrite } from "./write-outcome";

export interface StoreWriterSettings {
  readonly stores: Readonly<Record<StoreName, StoreAccess>>;
  /** After this long without an answer a write is given up, and its outcome is unknown. */
  readonly requestTimeoutMilliseconds: number;
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  readonly emit: (event: WriteDone) => void;
  readonly values: KnownValues;
}

export interface PutOptions {
  /** @default - text/plain and nothing else */
  readonly headers?: ObjectHeaders;
  /** @default - none */
  readonly tags?: ObjectTags;
  /** Who writes. @default - the writer that follows the marker */
  readonly by?: WriteDone["by"];
}

/** Writes to a store that the caller names, each write once; every one becomes an event and a known value. */
export class StoreWriter {
  private readonly clients: Readonly<Record<StoreName, S3Client>>;

  constructor(private readonly settings: StoreWriterSettings) {
    const connect = (store: StoreName) => connectStore(settings.stores[store], settings);
    this.clients = { primary: connect("primary"), secondary: connect("secondary") };
  }

  public async put(
    store: StoreName,
    key: string,
    body: Buffer,
    options: PutOptions = {},
  ): Promise<WriteDone> {
    const etag = md5(body);
    this.settings.values.sendingPut(key, etag);
    const write = { operation: "put", key, store, etag, bytes: body.length, by: options.by } as const;
    return this.settle(write, async () => {
      const bucket = this.settings.stores[store].bucketName;
      const headers = options.headers ?? { contentType: "text/plain; charset=utf-8", metadata: {} };
      return putObject(this.clients[store], {
        bucket,
        key,
        body,
        size: body.length,
        headers,
        tags: options.tags ?? {},
      });
    });
  }

  /** Places a delete marker. */
  public async delete(store: StoreName, key: string, by?: WriteDone["by"]): Promise<WriteDone> {
    this.settings.values.sendingDelete(key);
    return this.settle({ operation: "delete", key, store, by }, async () => {
      const command = new DeleteObjectCommand({ Bucket: this.settings.stores[store].bucketName, Key: key });
      const answer = await this.clients[store].send(command);
      return { versionId: answer.VersionId };
    });
  }

  public close(): void {
    this.clients.primary.destroy();
    this.clients.secondary.destroy();
  }

  private async settle(
    write: Pick<WriteDone, "operation" | "key" | "store" | "etag" | "bytes" | "by">,
    send: () => Promise<{ readonly etag?: string; readonly versionId?: string }>,
  ): Promise<WriteDone> {
    const { clock, emit, values } = this.settings;
    const at = clock();
    const outcome = await send().then(
      (answer) => ({ ...answer, outcome: "acknowledged" }) as const,
      failedWrite,
    );
    const event: WriteDone = { type: "write", ...write, at, end: clock(), ...outcome };
    values.settled(event, write.etag);
    emit(event);
    return event;
  }
}
