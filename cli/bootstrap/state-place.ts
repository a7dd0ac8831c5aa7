import { member, type PlanObject, textAt } from "../../operate/runbook/plan-walk";

/** Where a stack's state is kept, as far as it matters before the first `terraform init`. */
export type StatePlace = StateBucket | RemoteState | LocalState | OtherState;

/** A bucket that has to exist before Terraform runs. */
export interface StateBucket {
  readonly kind: "bucket";
  readonly bucket: string;
  readonly region: string;
  /** Absent: Amazon S3. */
  readonly endpoint?: string;
  /** In the AWS credentials file. Absent: the environment's credentials. */
  readonly profile?: string;
}

/** HCP Terraform or Terraform Enterprise: plans run there, with the variables of its workspaces. */
interface RemoteState {
  readonly kind: "cloud";
  readonly organization: string;
}

interface LocalState {
  readonly kind: "local";
}

interface OtherState {
  readonly kind: "other";
  readonly name: string;
}

export function statePlace(stack: PlanObject): StatePlace {
  const cloud = member(stack, "terraform", "cloud");
  if (Object.keys(cloud).length > 0)
    return { kind: "cloud", organization: textAt(cloud, "organization") ?? "" };
  const backends = member(stack, "terraform", "backend");
  const [name = "local"] = Object.keys(backends);
  const settings = member(backends, name);
  if (name === "remote") return { kind: "cloud", organization: textAt(settings, "organization") ?? "" };
  if (name === "local") return { kind: "local" };
  const bucket = textAt(settings, "bucket");
  if (name !== "s3" || bucket === undefined) return { kind: "other", name };
  return {
    kind: "bucket",
    bucket,
    region: textAt(settings, "region") ?? "us-east-1",
    endpoint: textAt(settings, "endpoints", "s3") ?? textAt(settings, "endpoint"),
    profile: textAt(settings, "profile"),
  };
}

/** The different buckets among these places. */
export function stateBuckets(places: readonly StatePlace[]): readonly StateBucket[] {
  const buckets = places.filter((place) => place.kind === "bucket");
  return [...new Map(buckets.map((one) => [`${one.endpoint} ${one.bucket}`, one])).values()];
}

/** R2 keeps no versions of an object, so that an overwritten state is gone. */
export function isOnR2({ endpoint }: StateBucket): boolean {
  return endpoint !== undefined && new URL(endpoint).hostname.endsWith(".r2.cloudflarestorage.com");
}

export function bucketLabel({ bucket, endpoint }: StateBucket): string {
  return `${bucket} at ${endpoint === undefined ? "Amazon S3" : new URL(endpoint).host}`;
}
