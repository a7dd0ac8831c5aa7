import { compareKeys } from "./key-order";

/**
 * A key as it stands in a listing with `encoding-type=url`: S3 writes a space as `+` and a plus as `%2B`.
 *
 * @throws URIError for what is no such encoding
 */
export function decodeKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll("+", " "));
}

/**
 * Whether keys can be taken from a listing's XML as they stand. XML has no place for control characters: S3
 * writes references that XML forbids, and MinIO writes U+FFFD for all of them. References above U+FFFF are
 * misread by the SDK.
 */
export function isFaithful(document: string): boolean {
  if (document.includes("\uFFFD")) return false;
  for (const [, hexadecimal, decimal] of document.matchAll(/&#(?:x([0-9a-f]+)|([0-9]+));/gi)) {
    const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
    if (code < 0x20 || code > 0xffff) return false;
  }
  return true;
}

const SURROGATE = /[\ud800-\udfff]/;

/** The first key that does not come strictly after the one before it, `after` being before the first. */
export function firstOutOfOrder(keys: readonly string[], after: string | undefined): string | undefined {
  // Without surrogates the language's own order is that of the bytes, and found several times as fast.
  const isPlain = !SURROGATE.test(after ?? "") && !keys.some((key) => SURROGATE.test(key));
  let previous = after;
  for (const key of keys) {
    if (previous !== undefined && (isPlain ? previous >= key : compareKeys(previous, key) >= 0)) return key;
    previous = key;
  }
  return undefined;
}

/**
 * The key of an upload in a page that says that it encodes keys. LocalStack 4.9 says so and does not, so that what is
 * no encoding stays as it is; see `namesKey` for what can be read both ways.
 */
export function decodeUploadKey(encoded: string): string {
  try {
    return decodeKey(encoded);
  } catch {
    return encoded;
  }
}

/** Whether an upload that is listed so, below this key as prefix, is one of this very key. */
export function namesKey(listed: string, key: string): boolean {
  // Encoding only ever makes longer: a longer key is never listed as exactly this text.
  return listed === key || decodeUploadKey(listed) === key;
}
