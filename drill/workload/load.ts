import { createHash } from "node:crypto";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { WriteDone } from "../evidence/events";
import { errorLine } from "../machine/caught-error";
import { inParallel } from "./in-parallel";
import type { KnownValues } from "./known-values";
import { type PutAnswer, putObject } from "./put-object";
import type { SourceObject } from "./source-object";
import { connectStore, type StoreAccess } from "./store-access";

const UPLOADS_AT_ONCE = 16;

export interface LoadSettings {
  readonly store: StoreAccess;
  readonly objects: readonly SourceObject[];
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  readonly emit: (event: WriteDone) => void;
  readonly values: KnownValues;
  readonly onProgress?: (progress: LoadProgress) => void;
  /** Ends the load before the next object. @default - it goes on to its end */
  readonly signal?: AbortSignal;
}

/** How far the load is, and in the end how much it was. */
export interface LoadProgress {
  readonly objects: number;
  readonly bytes: number;
}

/** An object could not be uploaded, or not as it is. */
export class LoadError extends Error {
  public override readonly name = "LoadError";
}

/**
 * Uploads all objects, each in one part and once.
 *
 * @throws LoadError at the first object that the store refuses or acknowledges with another checksum
 */
export async function loadObjects(settings: LoadSettings): Promise<LoadProgress> {
  const client = connectStore(settings.store, { connections: UPLOADS_AT_ONCE });
  let progress: LoadProgress = { objects: 0, bytes: 0 };
  try {
    await inParallel(settings.objects, UPLOADS_AT_ONCE, async (object) => {
      settings.signal?.throwIfAborted();
      const at = settings.clock();
      const { etag, versionId } = await upload(object, (body) =>
        putObject(client, { ...object, bucket: settings.store.bucketName, body }),
      );
      settings.values.sendingPut(object.key, etag);
      const event: WriteDone = {
        type: "write",
        operation: "put",
        key: object.key,
        store: settings.store.storeName,
        etag,
        versionId,
        bytes: object.size,
        outcome: "acknowledged",
        at,
        end: settings.clock(),
      };
      settings.values.settled(event, etag);
      settings.emit(event);
      progress = { objects: progress.objects + 1, bytes: progress.bytes + object.size };
      settings.onProgress?.(progress);
    });
  } finally {
    client.destroy();
  }
  return progress;
}

/** Streams the content and hashes it on its way, so that the store's checksum can be held against it. */
async function upload(object: SourceObject, put: (body: Readable) => Promise<PutAnswer>): Promise<PutAnswer> {
  const hash = createHash("md5");
  let hashed = 0;
  const body = new PassThrough();
  const sent = pipeline(
    object.open(),
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        hashed += chunk.length;
        yield chunk;
      }
    },
    body,
  ).catch((error: unknown) => {
    // A store answers as soon as it has every byte, and the client then closes the body, perhaps before its end was told.
    if (hashed !== object.size) throw error;
  });
  try {
    const [answer] = await Promise.all([put(body), sent]);
    const expected = hash.digest("hex");
    if (answer.etag !== expected) {
      throw new Error(`the store says ETag ${answer.etag}, what was sent has MD5 ${expected}`);
    }
    return answer;
  } catch (error) {
    body.destroy();
    await sent.catch(() => undefined);
    throw new LoadError(`object ${JSON.stringify(object.key)} could not be uploaded: ${errorLine(error)}`, {
      cause: error,
    });
  }
}
