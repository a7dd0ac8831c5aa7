import { S3Refusal } from "./s3-refusal";
import { isMultipart, type StoredObject } from "./stored-version";

/** Which bytes of an object a read gets. */
export interface ByteExtent {
  readonly begin: number;
  /** Not included. */
  readonly end: number;
  /** Whether S3 answers 206. */
  readonly partial: boolean;
  /** With the read of a part of an object that was put in parts. */
  readonly partCount?: number;
}

/** One part, from 1; an object that was put at once is its own first part. */
export function partExtent<Content>(object: StoredObject<Content>, partNumber: number): ByteExtent {
  const part = object.parts[partNumber - 1];
  if (part === undefined) throw new S3Refusal(416, "InvalidPartNumber", "there is no such part");
  const begin = object.parts.slice(0, partNumber - 1).reduce((sum, { size }) => sum + size, 0);
  const extent = { begin, end: begin + part.size, partial: part.size > 0 };
  return isMultipart(object) ? { ...extent, partCount: object.parts.length } : extent;
}

/** Bytes from `first` to `last`, both included; cut at the object's end. */
export function rangeExtent(size: number, first: number, last: number): ByteExtent {
  const end = Math.min(last + 1, size);
  if (first >= end) throw new S3Refusal(416, "InvalidRange", "the range cannot be satisfied");
  return { begin: first, end, partial: true };
}

export function wholeExtent(size: number): ByteExtent {
  return { begin: 0, end: size, partial: false };
}
