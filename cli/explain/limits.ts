import { at, resources } from "../../operate/runbook/plan-walk";
import type { ExplanationInputs } from "./explanation";

/** Something that nothing here protects against. */
export interface Limit {
  /** Stable, for `--json`. */
  readonly id: string;
  readonly text: string;
}

/** In short; `docs/limits.md` says it all. */
const ALWAYS: readonly Limit[] = [
  {
    id: "cloudflare",
    text: "Cloudflare down: readers reach neither store under this name; its API down alone: reads still fail over, a flip is not possible",
  },
  {
    id: "wrong-writes",
    text: "wrong writes and deletions: they are replicated within minutes; older versions are what helps",
  },
  {
    id: "unasking-writers",
    text: "writers that never look at the marker: what they write to the lost store becomes conflicts or late keys",
  },
  {
    id: "partial-failure",
    text: "a store that serves its health object and fails everything else: the monitors find it healthy",
  },
  {
    id: "only-copy",
    text: "after a flip what is written is on one store alone, until the other one is back and a run has passed",
  },
];

/** What holds for every deployment, and what this one's plan adds. */
export function limitsOf({
  deployment,
  primary,
}: Pick<ExplanationInputs, "deployment" | "primary">): readonly Limit[] {
  const own: Limit[] = [];
  if (deployment.droplet !== undefined) {
    own.push({
      id: "minio-keys",
      text: "keys that MinIO cannot hold (//, . and .. segments, segments over 255 bytes, a leading /, a/b beside a): reported as unsupported, missing after a flip",
    });
  } else {
    own.push({
      id: "existing-secondary",
      text: "the secondary is somebody else's server: whether it keeps versions, and what it can hold, says storage-failover probe-store; without versions deletions never reach it",
    });
  }
  if (usesKms(primary)) {
    own.push({
      id: "kms",
      text: "a customer's KMS key on the primary: what the secondary took while it was active is reported, and not copied back by itself",
    });
  }
  if (deployment.hasRegionPools) {
    own.push({
      id: "region-pools",
      text: "readers of a region whose list holds one pool alone are bound to that store, whatever is active",
    });
  }
  if (deployment.notified.length === 0) {
    own.push({
      id: "nobody-told",
      text: "nobody is told when a store becomes unhealthy: set notificationEmails",
    });
  }
  return [...ALWAYS, ...own];
}

function usesKms(primary: unknown): boolean {
  return resources(primary, "aws_s3_bucket_server_side_encryption_configuration").some(
    (one) => at(one, "rule", "apply_server_side_encryption_by_default", "kms_master_key_id") !== undefined,
  );
}
