import { compareKeys } from "../../../lambda/s3/key-order";
import type { ObjectHeaders, ObjectTags } from "../../../lambda/s3/object-client";
import { S3Refusal } from "./s3-refusal";
import type { StoredPart, StoredVersion } from "./stored-version";
import { type PutCondition, unquoted } from "./versioned-bucket";

export interface MultipartUpload {
  readonly uploadId: string;
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly initiated: number;
  /** Whether there was an object under the key when the upload began. */
  readonly keyExisted: boolean;
  readonly headers: ObjectHeaders;
  readonly tags: ObjectTags;
}

export type UploadChange<Content> =
  | { readonly type: "upload-began"; readonly upload: MultipartUpload }
  | {
      readonly type: "part-uploaded";
      readonly uploadId: string;
      readonly partNumber: number;
      readonly part: StoredPart<Content>;
    }
  | { readonly type: "upload-ended"; readonly uploadId: string };

/**
 * S3 refuses a conditional completion when the key changed while the upload was open, although the condition itself
 * holds: the upload must be begun anew.
 *
 * @throws S3Refusal 409
 */
export function checkUnchanged(
  upload: MultipartUpload,
  current: StoredVersion<unknown> | undefined,
  condition: PutCondition,
): void {
  const removed = condition.ifNoneMatch !== undefined && upload.keyExisted;
  const written = condition.ifMatch !== undefined && (current?.lastModified ?? 0) > upload.initiated;
  if (removed || written) {
    throw new S3Refusal(409, "ConditionalRequestConflict", "the key changed since the upload began");
  }
}

/** Part numbers go from 1 to this. */
const LAST_PART_NUMBER = 10_000;

/** S3's least size of a part, the last one aside. */
export const LEAST_PART_BYTES = 5 * 1024 * 1024;

interface OpenUpload<Content> {
  readonly upload: MultipartUpload;
  readonly parts: Map<number, StoredPart<Content>>;
}

/** Multipart uploads that are neither completed nor aborted, in memory and without I/O. */
export class MultipartUploads<Content> {
  private readonly open = new Map<string, OpenUpload<Content>>();

  /** @param record - called with each change before it takes effect */
  constructor(private readonly record: (change: UploadChange<Content>) => void) {}

  public begin(upload: MultipartUpload): void {
    this.commit({ type: "upload-began", upload });
  }

  /** @returns the part whose place the new one took */
  public addPart(
    key: string,
    uploadId: string,
    partNumber: number,
    part: StoredPart<Content>,
  ): StoredPart<Content> | undefined {
    const replaced = this.find(key, uploadId).parts.get(partNumber);
    if (!Number.isInteger(partNumber) || partNumber < 1 || partNumber > LAST_PART_NUMBER) {
      throw new S3Refusal(400, "InvalidArgument", `part numbers go from 1 to ${LAST_PART_NUMBER}`);
    }
    this.commit({ type: "part-uploaded", uploadId, partNumber, part });
    return replaced;
  }

  /** The parts so far, by ascending number. */
  public parts(key: string, uploadId: string): [number, StoredPart<Content>][] {
    return [...this.find(key, uploadId).parts].sort(([left], [right]) => left - right);
  }

  /** The open uploads whose keys begin with the prefix: ascending by key, and oldest first. */
  public list(prefix: string): MultipartUpload[] {
    // They are kept in the order in which they began, and the sort leaves that alone.
    return [...this.open.values()]
      .map(({ upload }) => upload)
      .filter(({ key }) => key.startsWith(prefix))
      .sort((left, right) => compareKeys(left.key, right.key));
  }

  /**
   * The parts that a completion names, checked as S3 does.
   *
   * @param leastPartBytes - of every part but the last
   */
  public chosenParts(
    key: string,
    uploadId: string,
    chosen: readonly { readonly partNumber: number; readonly etag: string }[],
    leastPartBytes = LEAST_PART_BYTES,
  ): StoredPart<Content>[] {
    const { parts } = this.find(key, uploadId);
    if (chosen.length === 0) throw new S3Refusal(400, "MalformedXML", "a completion names at least one part");
    if (chosen.some(({ partNumber }, index) => partNumber <= (chosen[index - 1]?.partNumber ?? 0))) {
      throw new S3Refusal(400, "InvalidPartOrder", "parts must be named in ascending order");
    }
    return chosen.map(({ partNumber, etag }, index) => {
      const part = parts.get(partNumber);
      if (part === undefined || part.etag !== unquoted(etag)) {
        throw new S3Refusal(400, "InvalidPart", `part ${partNumber} was not uploaded with this ETag`);
      }
      if (index < chosen.length - 1 && part.size < leastPartBytes) {
        throw new S3Refusal(
          400,
          "EntityTooSmall",
          `part ${partNumber} is smaller than ${leastPartBytes} bytes`,
        );
      }
      return part;
    });
  }

  public find(key: string, uploadId: string): OpenUpload<Content> {
    const found = this.open.get(uploadId);
    if (found === undefined || found.upload.key !== key) {
      throw new S3Refusal(404, "NoSuchUpload", "the upload does not exist, or was completed or aborted");
    }
    return found;
  }

  public end(uploadId: string): void {
    this.commit({ type: "upload-ended", uploadId });
  }

  /** Where the parts of all open uploads are. */
  public *contents(): Generator<Content> {
    for (const { parts } of this.open.values()) {
      for (const part of parts.values()) yield part.content;
    }
  }

  /** Takes in a change that was recorded before. */
  public replay(change: UploadChange<Content>): void {
    switch (change.type) {
      case "upload-began":
        this.open.set(change.upload.uploadId, { upload: change.upload, parts: new Map() });
        return;
      case "part-uploaded":
        this.open.get(change.uploadId)?.parts.set(change.partNumber, change.part);
        return;
      case "upload-ended":
        this.open.delete(change.uploadId);
    }
  }

  private commit(change: UploadChange<Content>): void {
    this.record(change);
    this.replay(change);
  }
}
