import { createReadStream, type Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { isReservedKey } from "../../contract/state-keys";
import { contentTypeOf } from "./content-types";
import type { SourceObject } from "./source-object";

/** The folder cannot serve as input; the message says why and what to change. */
export class FolderInputError extends Error {
  public override readonly name = "FolderInputError";
}

export interface FolderInput {
  /** One for each regular file, ascending by path. */
  readonly objects: readonly SourceObject[];
  /** What was left out, relative to the folder, and why. */
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** S3's limit. */
const KEY_BYTES = 1024;

/**
 * Every file below the folder as an object whose key is the file's path. Links are not followed: they may
 * lead out of the folder, or in circles.
 *
 * @throws FolderInputError when the folder is missing, is no folder, or holds no file that can be uploaded
 */
export async function readFolder(folder: string): Promise<FolderInput> {
  const kind = await stat(folder).catch((error: unknown) => {
    throw new FolderInputError(`input folder "${folder}" cannot be read; name a folder that exists`, {
      cause: error,
    });
  });
  if (!kind.isDirectory()) {
    throw new FolderInputError(`input "${folder}" is not a folder; name the folder that holds the files`);
  }
  const objects: SourceObject[] = [];
  const skipped: { path: string; reason: string }[] = [];
  for await (const { path, entry } of walk(folder, "")) {
    const reason = reasonToSkip(path, entry);
    if (reason === undefined) {
      objects.push(await fileObject(join(folder, path), path));
    } else {
      skipped.push({ path, reason });
    }
  }
  if (objects.length === 0) {
    throw new FolderInputError(
      `input folder "${folder}" holds no file to upload (${skipped.length} skipped); name a folder with at least one regular file`,
    );
  }
  return { objects, skipped };
}

async function* walk(folder: string, prefix: string): AsyncGenerator<{ path: string; entry: Dirent }> {
  const entries = await readdir(join(folder, prefix), { withFileTypes: true });
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const path = prefix === "" ? entry.name : `${prefix}/${entry.name}`;
    if (entry.isDirectory()) {
      yield* walk(folder, path);
    } else {
      yield { path, entry };
    }
  }
}

function reasonToSkip(path: string, entry: Dirent): string | undefined {
  if (entry.isSymbolicLink()) {
    return "a link; links are not followed";
  }
  if (!entry.isFile()) {
    return "not a regular file";
  }
  // Node puts this character where a name is not UTF-8: such a file cannot be opened by the name it shows.
  if (path.includes("\uFFFD")) {
    return "its name is not UTF-8";
  }
  if (isReservedKey(path)) {
    return "the key is reserved for the system's own state";
  }
  return Buffer.byteLength(path) > KEY_BYTES ? `its path is longer than ${KEY_BYTES} bytes` : undefined;
}

async function fileObject(file: string, key: string): Promise<SourceObject> {
  const { size } = await stat(file);
  return {
    key,
    size,
    headers: { contentType: contentTypeOf(key), metadata: {} },
    tags: {},
    // A file that grows while it is read must not make the body longer than what was announced.
    open: () =>
      size === 0 ? Readable.from([], { objectMode: false }) : createReadStream(file, { end: size - 1 }),
  };
}
