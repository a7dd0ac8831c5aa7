import type { ObjectClient, ObjectHead, ReadRequest, WriteCondition } from "../s3/object-client";
import { StoreError } from "../s3/store-error";
import { BUFFERED_BYTES } from "./admission";
import { copyMultipart, partCountOf } from "./copy-multipart";
import { type Copied, type CopyRequest, type CopyStores, copyObject, letGo } from "./copy-object";

/** What is to be copied. */
export interface CopySubject<S extends CopyStores = CopyStores> extends Omit<CopyRequest, "condition"> {
  readonly stores: S;
}

/** One version of the source's object, ready to be copied. */
export interface OpenedOriginal {
  readonly head: ObjectHead;
  copy(condition: WriteCondition): Promise<Copied>;
  /** Lets go of what was opened; nothing is open after `copy`. */
  close(): void;
}

/**
 * Opens the version that is named, or the current one, in the way in which it will be copied.
 *
 * @param etag - as the object was seen last: tells whether it was put in parts
 * @throws StoreError of kind `not-found` when it is gone
 */
export async function openOriginal(
  subject: CopySubject,
  etag: string,
  request: ReadRequest,
): Promise<OpenedOriginal> {
  const { stores, key, retrying } = subject;
  const { source } = stores;
  if (partCountOf(etag) !== undefined) {
    const head = await source.head(key, { ...request, partNumber: 1 });
    if (head === undefined) throw gone(source, key);
    const { partCount } = head;
    // Written anew in one piece, or by a server that does not tell parts.
    if (partCount !== undefined && partCountOf(head.etag) === partCount) {
      const copy = (condition: WriteCondition) =>
        copyMultipart({ stores, key, condition, retrying }, { ...head, partCount });
      return { head, copy, close: () => undefined };
    }
  }
  const content = await source.get(key, { ...request, bufferUpTo: BUFFERED_BYTES });
  return {
    head: content,
    copy: (condition) => copyObject({ stores, key, condition, retrying }, content),
    close: () => letGo(content),
  };
}

/** Reads no body: for a dry run. */
export async function lookAtOriginal(
  { stores: { source }, key }: CopySubject,
  request: ReadRequest,
): Promise<OpenedOriginal> {
  const head = await source.head(key, request);
  if (head === undefined) throw gone(source, key);
  const copy = () => Promise.reject(new Error("a dry run copies nothing"));
  return { head, copy, close: () => undefined };
}

function gone(source: ObjectClient, key: string): StoreError {
  return new StoreError(`HeadObject ${source.bucket}/${key}: it is gone`, {
    kind: "not-found",
    operation: "HeadObject",
    bucket: source.bucket,
    key,
  });
}
