import type { Readable } from "node:stream";
import { type RequestDescription, storeError } from "../request-failure";

/**
 * The pieces of a streamed body, exactly `size` bytes in all. The last piece is given only when the body has
 * ended there, so that no server can take a part, or the beginning of something longer, for the whole.
 *
 * @param onProgress - called for each piece that was taken
 * @throws StoreError when the body fails, or ends early or late
 */
export async function* exactBody(
  body: Readable,
  size: number,
  request: RequestDescription,
  onProgress: () => void,
): AsyncGenerator<Buffer> {
  let given = 0;
  let last: Buffer | undefined;
  try {
    for await (const chunk of body) {
      onProgress();
      const piece: Buffer = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Buffer);
      if (piece.length === 0) continue;
      given += piece.length;
      if (given > size) break;
      if (given === size) last = piece;
      else yield piece;
    }
  } catch (error) {
    throw storeError("unreachable", "the body could not be read to its end", request, { cause: error });
  }
  onProgress();
  if (given !== size) {
    throw storeError("refused", `the body has not the ${size} bytes that were announced`, request);
  }
  if (last !== undefined) yield last;
}
