import { createHash, randomBytes } from "node:crypto";
import { createReadStream, mkdirSync, readdirSync, rmSync } from "node:fs";
import { open, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { StoredPart } from "./stored-version";

export interface ReceivedBlob extends StoredPart<string> {
  /** SHA-256 of the bytes in hexadecimal; only when it was asked for. */
  readonly sha256?: string;
}

export interface ReceiveOptions {
  /** Bytes that are expected. */
  readonly size: number;
  readonly sha256: boolean;
}

/** Up to this many bytes are held in memory and written or read in one step, which is several times faster. */
const SMALL_BYTES = 256 * 1024;

/**
 * Files that hold the bytes of objects; a file never changes. Nothing refers to a file before it is whole, so
 * that one which was cut short by a killed process is only litter, removed at the next start.
 */
export class BlobFolder {
  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  /** Takes in a body. When the body fails, nothing stays. */
  public async receive(body: AsyncIterable<Buffer>, options: ReceiveOptions): Promise<ReceivedBlob> {
    const content = randomBytes(16).toString("hex");
    const md5 = createHash("md5");
    const sha256 = options.sha256 ? createHash("sha256") : undefined;
    let size = 0;
    async function* counted(): AsyncGenerator<Buffer> {
      for await (const chunk of body) {
        md5.update(chunk);
        sha256?.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    }
    try {
      if (options.size <= SMALL_BYTES) await this.writeAtOnce(content, counted());
      else await this.writeInPieces(content, counted());
    } catch (error) {
      await this.remove([content]);
      throw error;
    }
    return { content, size, etag: md5.digest("hex"), sha256: sha256?.digest("hex") };
  }

  /** The bytes from `begin` to before `end`, counted over all parts. */
  public async *read(
    parts: readonly StoredPart<string>[],
    begin: number,
    end: number,
  ): AsyncGenerator<Buffer> {
    let offset = 0;
    for (const { content, size } of parts) {
      const from = Math.max(begin - offset, 0);
      const upto = Math.min(end - offset, size);
      offset += size;
      if (from >= upto) continue;
      const path = join(this.folder, content);
      if (size <= SMALL_BYTES) yield (await readFile(path)).subarray(from, upto);
      else yield* createReadStream(path, { start: from, end: upto - 1 });
    }
  }

  /** Removes what nothing refers to, such as the bytes of writes that were never acknowledged. */
  public removeAllBut(referred: ReadonlySet<string>): void {
    for (const content of readdirSync(this.folder)) {
      if (!referred.has(content)) rmSync(join(this.folder, content), { force: true });
    }
  }

  public async remove(contents: Iterable<string>): Promise<void> {
    for (const content of contents) await rm(join(this.folder, content), { force: true });
  }

  private async writeAtOnce(content: string, chunks: AsyncIterable<Buffer>): Promise<void> {
    const held: Buffer[] = [];
    for await (const chunk of chunks) held.push(chunk);
    await writeFile(join(this.folder, content), Buffer.concat(held), { flag: "wx" });
  }

  private async writeInPieces(content: string, chunks: AsyncIterable<Buffer>): Promise<void> {
    const file = await open(join(this.folder, content), "wx");
    try {
      for await (const chunk of chunks) await file.write(chunk);
    } finally {
      await file.close();
    }
  }
}
