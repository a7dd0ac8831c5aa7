import { Readable } from "node:stream";
import { gzipSync } from "fflate";
import { type SeededRandom, seededRandom } from "./seeded-random";

const POOL_BYTES = 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;

/**
 * Bytes that cost next to nothing: each object's content is a walk over one pool of pseudo-random bytes, so
 * that 64 MiB take no more memory than a chunk, and different objects still differ.
 */
export class GeneratedContent {
  private readonly pool: Buffer;

  constructor(random: SeededRandom) {
    this.pool = Buffer.alloc(POOL_BYTES + CHUNK_BYTES);
    for (let offset = 0; offset < this.pool.length; offset += 4) {
      this.pool.writeUInt32LE(Math.floor(random.fraction() * 2 ** 32), offset);
    }
  }

  /** The chunks of the object with this seed, in order. */
  public *chunks(seed: number, size: number): Generator<Buffer> {
    const walk = seededRandom(seed);
    for (let left = size; left > 0; left -= CHUNK_BYTES) {
      const start = walk.whole(0, POOL_BYTES - 1);
      yield this.pool.subarray(start, start + Math.min(left, CHUNK_BYTES));
    }
  }

  public open(seed: number, size: number): Readable {
    return Readable.from(this.chunks(seed, size), { objectMode: false });
  }

  /** About so many bytes of records in JSON, gzipped; by a library of our own choice because zlib's output varies by version. */
  public gzipped(seed: number, size: number): Buffer {
    const numbers = [...Buffer.concat([...this.chunks(seed, Math.ceil(size / 2))])];
    const records = numbers.map((level, page) => ({ page, level }));
    return Buffer.from(gzipSync(Buffer.from(JSON.stringify({ seed, records })), { mtime: 0 }));
  }
}
