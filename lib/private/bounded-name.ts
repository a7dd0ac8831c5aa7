import { createHash } from "node:crypto";

const HASH_CHARACTERS = 8;

/**
 * `name`, or where the service takes no more than `most` characters, its beginning with a hash of the whole, so
 * that two long names that begin alike stay apart.
 */
export function boundedName(name: string, most: number): string {
  if (name.length <= most) {
    return name;
  }
  const hash = createHash("sha256").update(name).digest("hex").slice(0, HASH_CHARACTERS);
  return `${name.slice(0, most - HASH_CHARACTERS - 1)}-${hash}`;
}
