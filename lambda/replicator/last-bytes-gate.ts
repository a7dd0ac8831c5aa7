import { Transform } from "node:stream";

/**
 * Passes a body on, but keeps its last piece until `confirm` resolves: an upload may take longer than a
 * reading of the marker counts, and a store applies it only when it is whole. If `confirm` rejects, the
 * stream fails and the upload never completes.
 */
export function lastBytesGate(confirm: () => Promise<void>): Transform {
  let held: Buffer | undefined;
  return new Transform({
    transform(piece: Buffer, _encoding, done) {
      const before = held;
      held = piece;
      done(null, before);
    },
    flush(done) {
      confirm().then(
        () => done(null, held),
        (error: Error) => done(error),
      );
    },
  });
}
