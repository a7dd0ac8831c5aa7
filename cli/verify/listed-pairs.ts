import type { Clock } from "../../lambda/replicator/clock";
import { join, type Pair, type Window } from "../../lambda/replicator/diff";
import { KeyReader } from "../../lambda/replicator/key-reader";
import type { Retrying } from "../../lambda/replicator/retry";
import type { ObjectClient } from "../../lambda/s3/object-client";

export interface PairsRequest {
  readonly source: ObjectClient;
  readonly destination: ObjectClient;
  /** Only keys that begin so. */
  readonly prefix?: string;
  readonly clock: Clock;
  readonly retrying: Retrying;
}

/**
 * Both listings side by side, in key order, a page at a time: memory does not grow with the number of keys.
 * Reserved keys are left out.
 */
export async function* listedPairs(request: PairsRequest): AsyncGenerator<readonly Pair[]> {
  const { prefix, clock, retrying } = request;
  const ofSource = new KeyReader(request.source, { prefix }, clock, retrying);
  const ofDestination = new KeyReader(request.destination, { prefix }, clock, retrying);
  let source: Window = { objects: [], complete: false };
  let destination: Window = { objects: [], complete: false };
  for (;;) {
    [source, destination] = await Promise.all([ofSource.refill(source), ofDestination.refill(destination)]);
    const joined = join(source, destination);
    yield joined.pairs;
    ({ source, destination } = joined);
    if ([source, destination].every((window) => window.complete && window.objects.length === 0)) return;
  }
}
