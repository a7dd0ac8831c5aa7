import { createHash } from "node:crypto";
import type { Pair } from "../../lambda/replicator/diff";
import type { Retrying } from "../../lambda/replicator/retry";
import type { ObjectClient, ObjectHead } from "../../lambda/s3/object-client";
import { StoreError } from "../../lambda/s3/store-error";
import { type Finding, headerFindings, outlineFindings, presenceFindings, tagFindings } from "./difference";

/**
 * - `listings`: keys, sizes and ETags, as the listings show them.
 * - `headers`: headers and user metadata too.
 * - `bytes`: bytes and tags too.
 */
export type Depth = "listings" | "headers" | "bytes";

export interface Sides {
  readonly source: ObjectClient;
  readonly destination: ObjectClient;
}

export interface Compared {
  readonly findings: readonly Finding[];
  /** Bytes that were read, of both sides together. */
  readonly bytesRead: number;
  /** The ETags differ, and the bytes turned out to be the same. */
  readonly equalInSpiteOfEtags: boolean;
}

/** A key that changes this often while it is looked at is given up. */
const MOST_LOOKS = 3;

/** @throws StoreError when a side cannot be read */
export async function compareKey(
  pair: Pair,
  depth: Depth,
  sides: Sides,
  retrying: Retrying,
): Promise<Compared> {
  if (depth === "listings") return compareListed(pair);
  for (let looks = 1; ; looks += 1) {
    try {
      return await retrying(() => compareNow(pair.key, depth, sides));
    } catch (error) {
      if (!(error instanceof StoreError) || !hasChanged(error) || looks === MOST_LOOKS) throw error;
    }
  }
}

function compareListed({ source, destination }: Pair): Compared {
  const findings =
    source && destination
      ? outlineFindings(source, destination)
      : presenceFindings(source !== undefined, destination !== undefined);
  return { findings, bytesRead: 0, equalInSpiteOfEtags: false };
}

/** What the listings said may be past: both sides are asked again, at the same moment. */
async function compareNow(key: string, depth: Depth, sides: Sides): Promise<Compared> {
  const [source, destination] = await Promise.all([sides.source.head(key), sides.destination.head(key)]);
  if (source === undefined || destination === undefined) {
    const findings = presenceFindings(source !== undefined, destination !== undefined);
    return { findings, bytesRead: 0, equalInSpiteOfEtags: false };
  }
  const outline = outlineFindings(source, destination);
  const headers = headerFindings(source.headers, destination.headers);
  if (depth === "headers" || source.size !== destination.size) {
    return { findings: [...outline, ...headers], bytesRead: 0, equalInSpiteOfEtags: false };
  }
  const [left, right] = await Promise.all([
    readWhole(sides.source, key, source),
    readWhole(sides.destination, key, destination),
  ]);
  const bytes: readonly Finding[] =
    left.digest === right.digest
      ? []
      : [{ aspect: "bytes", detail: `other bytes, ${source.size} on both sides` }];
  return {
    // Bytes that were read say more than ETags, which depend on how an object was put.
    findings: [...bytes, ...headers, ...tagFindings(left.tags, right.tags)],
    bytesRead: left.size + right.size,
    equalInSpiteOfEtags: bytes.length === 0 && outline.length > 0,
  };
}

async function readWhole(client: ObjectClient, key: string, head: ObjectHead) {
  const content = await client.get(key, { ifMatch: head.etag });
  const hash = createHash("sha256");
  let size = 0;
  for await (const piece of content.body) {
    hash.update(piece as Buffer);
    size += (piece as Buffer).length;
  }
  // Their number in the answer says nothing: a store leaves it out for who may not read them.
  const tags = await client.tags(key);
  return { digest: hash.digest("hex"), size, tags };
}

/** The version that was seen is no longer there. */
function hasChanged({ kind }: StoreError): boolean {
  return kind === "not-found" || kind === "precondition-failed";
}
