import { Readable } from "node:stream";
import { GeneratedContent } from "./generated-content";
import { generatedHeaders } from "./generated-headers";
import { generatedKeys } from "./generated-keys";
import { type SeededRandom, seededRandom } from "./seeded-random";
import type { SourceObject } from "./source-object";

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;

export interface GeneratedObjectsSettings {
  /** The same seed gives the same objects, byte for byte. */
  readonly seed: number;
  /** @default 2000 - about 180 MB */
  readonly count?: number;
  /**
   * Whether some objects have an `Expires` that is no date, as in `0`. S3 keeps it; MinIO accepts and forgets it,
   * so that a copy there cannot be equal.
   *
   * @default true
   */
  readonly rawExpires?: boolean;
}

/**
 * Objects of mixed sizes, from nothing to 64 MiB, with keys and headers that copies are known to spoil. What
 * they are is fixed by the seed; their content is made when it is read.
 */
export function generateObjects(settings: GeneratedObjectsSettings): readonly SourceObject[] {
  const random = seededRandom(settings.seed);
  const content = new GeneratedContent(random);
  const keys = generatedKeys(settings.count ?? 2000, random);
  return keys.map((key, index) => {
    const { headers, tags, gzipped } = generatedHeaders(index, settings.rawExpires ?? true);
    const seed = random.whole(0, 2 ** 32 - 1);
    if (gzipped) {
      const bytes = content.gzipped(seed, random.whole(0, 2 * KIBIBYTE));
      return {
        key,
        size: bytes.length,
        headers,
        tags,
        open: () => Readable.from([bytes], { objectMode: false }),
      };
    }
    const size = generatedSize(index, random);
    return { key, size, headers, tags, open: () => content.open(seed, size) };
  });
}

/** Mostly small, as on a site: what counts there is the number of objects; the few large ones carry the bytes. */
function generatedSize(index: number, random: SeededRandom): number {
  const large = LARGE_OBJECTS.get(index);
  if (large !== undefined) {
    return large;
  }
  const share = random.fraction();
  if (share < 0.03) {
    return 0;
  }
  if (share < 0.7) {
    return random.whole(1, 16 * KIBIBYTE);
  }
  return share < 0.88
    ? random.whole(16 * KIBIBYTE, 64 * KIBIBYTE)
    : random.whole(64 * KIBIBYTE, 256 * KIBIBYTE);
}

/** By position: sizes at which clients change their ways (buffer or stream, one part or several), and one of 64 MiB. */
const LARGE_OBJECTS: ReadonlyMap<number, number> = new Map([
  [13, 64 * MEBIBYTE],
  [25, MEBIBYTE],
  [37, MEBIBYTE + 1],
  [50, MEBIBYTE - 1],
  [61, 5 * MEBIBYTE],
  [74, 8 * MEBIBYTE],
  [85, 8 * MEBIBYTE - 1],
  [98, 8 * MEBIBYTE + 1],
  [110, 3_333_333],
]);
