import {
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { STAMP_METADATA_KEY } from "../../../contract/stamp";
import { otherStore, type StoreName } from "../../../contract/stores";
import type { RunningStore } from "../../../drill/local-cloud/running-store";
import { generatedHeaders } from "../../../drill/workload/generated-headers";
import { putObject } from "../../../drill/workload/put-object";
import type { SeededRandom } from "../../../drill/workload/seeded-random";
import { connectStore } from "../../../drill/workload/store-access";
import type { ObjectClient } from "../../../lambda/s3/object-client";

/** What a store acknowledged to a client. */
export interface Acknowledged {
  readonly store: StoreName;
  readonly key: string;
  readonly versionId: string;
  readonly isDeleteMarker: boolean;
  /** Counts the acts of all clients. */
  readonly ordinal: number;
}

/** What a client does. */
export type Act =
  | "write"
  | "write large"
  | "write in parts"
  | "write the same"
  | "write other headers"
  | "delete"
  | "restore"
  | "begin upload";

/** What stands here more often happens more often. */
const ACTS: readonly Act[] = [
  ...(["write", "write", "write", "write", "write large", "write in parts"] as const),
  ...(["write the same", "write the same", "write other headers", "write other headers"] as const),
  ...(["delete", "delete", "restore", "restore", "begin upload"] as const),
];

/** S3's least, and MinIO's. */
const PART_BYTES = 5 * 1024 ** 2;

/** Keys that are in use at one time. */
const KEYS = 14;

/** A run places ten deletions whatever their share is; what it withholds beyond that is another test's matter. */
const MOST_DELETIONS = 4;

interface Content {
  readonly body: Buffer;
  /** Names headers and tags. */
  readonly look: number;
}

/** Applications that use whichever store is active, and remember what it acknowledged. */
export class Clients {
  public readonly acknowledged: Acknowledged[] = [];
  /** Keys that were touched since the last run that replicated everything. */
  public readonly unreplicated = new Set<string>();
  /** Keys for which replication may report an exception, whatever comes. */
  public readonly excused = new Set<string>();
  /** Uploads of clients, left open. */
  public readonly open: { readonly store: StoreName; readonly key: string; readonly uploadId: string }[] = [];
  private readonly connections: Readonly<Record<StoreName, S3Client>>;
  private readonly last = new Map<string, Content>();
  private deletions = 0;
  private era = 0;

  constructor(
    private readonly stores: Readonly<Record<StoreName, RunningStore>>,
    private readonly clients: Readonly<Record<StoreName, ObjectClient>>,
    private readonly random: SeededRandom,
  ) {
    this.connections = { primary: connectStore(stores.primary), secondary: connectStore(stores.secondary) };
  }

  public close(): void {
    for (const connection of Object.values(this.connections)) connection.destroy();
  }

  /** The standby has everything. */
  public replicated(): void {
    this.unreplicated.clear();
    this.deletions = 0;
  }

  /** What had not arrived is on one side only, and stays so; from now on, mostly other keys are used. */
  public cutOff(): void {
    for (const key of this.unreplicated) this.excused.add(key);
    this.replicated();
    this.era += 1;
  }

  /** @returns the key */
  public async act(store: StoreName, act: Act = this.random.pick(ACTS), on?: string): Promise<string> {
    const key = on ?? this.key(act);
    // Begun, and ended by nobody: nothing that replication should ever care about.
    if (act === "begin upload") await this.beginUpload(store, `open/${this.open.length}`);
    else await this.change(store, key, act);
    return key;
  }

  private async change(store: StoreName, key: string, act: Exclude<Act, "begin upload">): Promise<void> {
    const { random } = this;
    const content = this.last.get(key);
    this.unreplicated.add(key);
    switch (act) {
      case "write in parts":
        return this.writeParts(store, key);
      case "restore":
        return this.restore(store, key);
      case "delete":
        return this.delete(store, key);
      case "write the same":
        return this.write(store, key, content ?? this.content());
      case "write other headers":
        return this.write(store, key, { ...(content ?? this.content()), look: random.whole(0, 1000) });
      case "write large":
        return this.write(store, key, this.content(random.whole(1_048_000, 1_400_000)));
      case "write":
        return this.write(store, key, this.content(random.pick([0, 1, 900, 20_000, 70_000])));
    }
  }

  private key(act: Act): string {
    const isInParts = act === "write in parts" || this.random.fraction() < 0.1;
    if (isInParts) return `parts/${this.era}-${this.random.whole(0, 2)}.bin`;
    const era = this.random.fraction() < 0.8 ? this.era : this.random.whole(0, this.era);
    return `era ${era}/größe+${this.random.whole(1, KEYS)}.html`;
  }

  private content(size = 900): Content {
    const words = `${this.acknowledged.length} ${this.random.whole(0, 1_000_000)} `;
    return { body: Buffer.alloc(size, words), look: this.random.whole(0, 1000) };
  }

  private async write(store: StoreName, key: string, content: Content): Promise<void> {
    const { headers, tags } = generatedHeaders(content.look, false);
    const { body } = content;
    const bucket = this.stores[store].bucketName;
    const { versionId } = await putObject(this.connections[store], {
      bucket,
      key,
      headers,
      tags,
      body,
      size: body.length,
    });
    this.last.set(key, content);
    this.acknowledge(store, key, versionId);
  }

  private async writeParts(store: StoreName, key: string): Promise<void> {
    const bodies = [
      Buffer.alloc(PART_BYTES, `${this.acknowledged.length} of many `),
      this.content(1000).body,
    ];
    const at = { Bucket: this.stores[store].bucketName, Key: key };
    const connection = this.connections[store];
    const begun = await connection.send(
      new CreateMultipartUploadCommand({ ...at, ContentType: "video/mp4", Metadata: { made: "in parts" } }),
    );
    const Parts = [];
    for (const [index, Body] of bodies.entries()) {
      const PartNumber = index + 1;
      const { ETag } = await connection.send(
        new UploadPartCommand({ ...at, UploadId: begun.UploadId, PartNumber, Body }),
      );
      Parts.push({ PartNumber, ETag });
    }
    const { VersionId } = await connection.send(
      new CompleteMultipartUploadCommand({ ...at, UploadId: begun.UploadId, MultipartUpload: { Parts } }),
    );
    this.acknowledge(store, key, VersionId);
  }

  private async delete(store: StoreName, key: string): Promise<void> {
    const isThere = (await this.clients[store].head(key)) !== undefined;
    if (!isThere || this.deletions === MOST_DELETIONS) return this.write(store, key, this.content());
    this.deletions += 1;
    const at = { Bucket: this.stores[store].bucketName, Key: key };
    const { VersionId } = await this.connections[store].send(new DeleteObjectCommand(at));
    this.acknowledge(store, key, VersionId, true);
  }

  /** CopyObject of an older version onto its own key, which keeps headers, metadata, tags, and the stamp if there is one. */
  private async restore(store: StoreName, key: string): Promise<void> {
    const [, ...older] = await this.clients[store].versions(key);
    const objects = older.filter(({ isDeleteMarker }) => !isDeleteMarker);
    if (objects.length === 0) return this.write(store, key, this.content());
    const { versionId } = this.random.pick(objects);
    const Bucket = this.stores[store].bucketName;
    const CopySource = `${Bucket}/${encodeURIComponent(key)}?versionId=${versionId}`;
    const { VersionId } = await this.connections[store].send(
      new CopyObjectCommand({ Bucket, Key: key, CopySource }),
    );
    this.acknowledge(store, key, VersionId);
    await this.excuseTwin(store, key);
  }

  /**
   * A restored replica of what the other store still has cannot be told from the replica; at worst, a later overwrite there
   * is reported as a conflict.
   */
  private async excuseTwin(store: StoreName, key: string): Promise<void> {
    const [restored, elsewhere] = await Promise.all([
      this.clients[store].head(key),
      this.clients[otherStore(store)].head(key),
    ]);
    const named = restored?.headers.metadata[STAMP_METADATA_KEY]?.split(" ")[2];
    if (named !== undefined && named === elsewhere?.versionId) this.excused.add(key);
  }

  private async beginUpload(store: StoreName, key: string): Promise<void> {
    const at = { Bucket: this.stores[store].bucketName, Key: key };
    const { UploadId = "" } = await this.connections[store].send(new CreateMultipartUploadCommand(at));
    await this.connections[store].send(
      new UploadPartCommand({ ...at, UploadId, PartNumber: 1, Body: "begun" }),
    );
    this.open.push({ store, key, uploadId: UploadId });
  }

  private acknowledge(
    store: StoreName,
    key: string,
    versionId: string | undefined,
    isDeleteMarker = false,
  ): void {
    if (versionId === undefined) throw new Error(`${store} acknowledged ${key} without a version`);
    const ordinal = this.acknowledged.length + 1;
    this.acknowledged.push({ store, key, versionId, isDeleteMarker, ordinal });
  }
}
