import { compareKeys } from "./key-order";

/**
 * A key as it stands in a listing with `encoding-type=url`: S3 writes a space as `+` and a plus as `%2B`.
 *
 * @throws URIError for what is no such encoding
 */
export function decodeKey(encoded: string): string {
  return decodeURIComponent(encoded.replaceAll("+", " "));
}

/** The first key that does not come strictly after the one before it, `after` being before the first. */
export function firstOutOfOrder(keys: readonly string[], after: string | undefined): string | undefined {
  let previous = after;
  for (const key of keys) {
    if (previous !== undefined && compareKeys(previous, key) >= 0) return key;
    previous = key;
  }
  return undefined;
}
