import type { Readable } from "node:stream";
import type { ObjectHeaders, ObjectTags } from "../../lambda/s3/object-client";

/** An object that is yet to be uploaded. */
export interface SourceObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly headers: ObjectHeaders;
  readonly tags: ObjectTags;
  /** The content from its first byte; each call gives it anew. */
  open(): Readable;
}

/** Two inputs want the same key, so one would silently replace the other. */
export class DuplicateKeyError extends Error {
  public override readonly name = "DuplicateKeyError";
}

/**
 * Several inputs as one.
 *
 * @throws DuplicateKeyError when a key occurs twice
 */
export function combineInputs(...inputs: readonly (readonly SourceObject[])[]): readonly SourceObject[] {
  const objects = inputs.flat();
  const keys = new Set<string>();
  for (const { key } of objects) {
    if (keys.has(key)) {
      throw new DuplicateKeyError(
        `key ${JSON.stringify(key)} occurs twice in the input; rename one of the two`,
      );
    }
    keys.add(key);
  }
  return objects;
}
