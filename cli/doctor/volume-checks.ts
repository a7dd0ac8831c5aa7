import { amount, byteSize } from "../../drill/report/wording";
import type { Amount, BucketSize } from "./bucket-size";
import type { Check, Finding } from "./check";
import { GIB, type Volume } from "./volume";

/** Replaced and deleted objects stay as older versions for a while: so much more than the current ones take. */
const HEADROOM_PERCENT = 20;

/** A volume fuller than this is enlarged now, not when it is full. */
const FULL = 0.8;

/** DigitalOcean's largest volume. */
const LARGEST_GIB = 16_384;

export const VOLUME_CHECKS: readonly Check[] = [
  {
    id: "volume-size",
    group: "volume",
    title: "the bucket fits on the standby's volume",
    // First the volume: a bucket is not listed for nothing.
    run: async (patient) => judgeSize(await patient.volume(), await patient.bucket()),
  },
  {
    id: "volume-usage",
    group: "volume",
    title: "the standby's volume has room left",
    run: async (patient) => judgeUsage(await patient.volume()),
  },
];

/** Whether a bucket's objects fit, with room for their older versions. */
export function judgeSize(volume: Volume, { current, withVersions }: BucketSize): Finding {
  const needed = withHeadroom(current.diskBytes);
  const figures = {
    volumeBytes: volume.bytes,
    bucketBytes: current.bytes,
    neededBytes: needed,
    ...(withVersions && { bucketBytesWithVersions: withVersions.bytes }),
  };
  const found = `bucket ${told(current)}${withVersions ? `, with older versions ${told(withVersions)}` : ""}; volume ${byteSize(volume.bytes)} (${volume.source})`;
  if (needed > volume.bytes) {
    const why = `on the volume it takes ${byteSize(needed)}, ${HEADROOM_PERCENT} % for older versions included`;
    return { status: "problem", found: `${found}; ${why}`, fix: enlarge(needed), figures };
  }
  if (withVersions !== undefined && withVersions.diskBytes > volume.bytes) {
    const fix = `if the standby has to keep as many versions: ${enlarge(withVersions.diskBytes)}`;
    return { status: "warning", found, fix, figures };
  }
  return { status: "ok", found, figures };
}

export function judgeUsage({ bytes, usedBytes }: Volume): Finding {
  if (usedBytes === undefined) {
    return {
      status: "skipped",
      found: "the droplet was not asked",
      fix: "give --host-key, and how to reach it (see --help)",
    };
  }
  const figures = { volumeBytes: bytes, usedBytes };
  const found = `${byteSize(usedBytes)} of ${byteSize(bytes)} are used`;
  const isFull = usedBytes > bytes * FULL;
  return isFull
    ? { status: "warning", found, fix: enlarge(withHeadroom(usedBytes)), figures }
    : { status: "ok", found, figures };
}

function withHeadroom(bytes: number): number {
  return Math.ceil((bytes * (100 + HEADROOM_PERCENT)) / 100);
}

function told({ objects, bytes }: Amount): string {
  return objects === 0 ? byteSize(bytes) : `${byteSize(bytes)} in ${amount(objects, "object")}`;
}

function enlarge(bytes: number): string {
  const gib = Math.ceil(bytes / GIB);
  return gib > LARGEST_GIB
    ? `no volume is so large (${LARGEST_GIB} GiB); take another store as secondary with MinioSecondaryStore.fromEndpoint()`
    : `set volumeGiB: ${gib} (or more) on the secondary and deploy it; a volume grows in place and never shrinks`;
}
