import { hash } from "node:crypto";

/** Bytes of one block of SHA-256. */
const BLOCK = 64;

/**
 * HMAC-SHA-256 (RFC 2104) of short texts with one key of at most 64 bytes. Two one-shot hashes take half the time of
 * `createHmac`, and leave nothing to be collected.
 */
export class HmacKey {
  // Private to the runtime: nothing may print a key.
  readonly #outer: Buffer;
  #inner: Buffer;

  constructor(key: Buffer) {
    this.#inner = padded(key, 0x36, 512);
    this.#outer = padded(key, 0x5c, 32);
  }

  /** Hexadecimal. @param text - ASCII */
  public digest(text: string): string {
    if (this.#inner.length < BLOCK + text.length) {
      this.#inner = Buffer.concat([this.#inner.subarray(0, BLOCK)], BLOCK + text.length);
    }
    const end = BLOCK + this.#inner.write(text, BLOCK, "latin1");
    this.#outer.write(hash("sha256", this.#inner.subarray(0, end), "binary"), BLOCK, "latin1");
    return hash("sha256", this.#outer, "hex");
  }
}

/** The key and `room` bytes after it. */
function padded(key: Buffer, pad: number, room: number): Buffer {
  const block = Buffer.alloc(BLOCK + room);
  key.copy(block);
  for (let index = 0; index < BLOCK; index += 1) block[index] = (block[index] ?? 0) ^ pad;
  return block;
}
