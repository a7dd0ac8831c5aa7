import { checkBucketName } from "../private/bucket-name";
import { checkKeyArn } from "../private/key-arn";
import { checkKnownAtSynth } from "../private/known-at-synth";
import { checkOneOf } from "../private/one-of";
import { invalid, withoutEffect } from "../private/refusals";
import { checkAwsRegion } from "./aws-region";

/** Classes that a replica is written to; reads of either are answered at once. */
export const REPLICA_STORAGE_CLASSES = ["STANDARD", "STANDARD_IA"] as const;

/** The storage class of the replica's objects. */
export type ReplicaStorageClass = (typeof REPLICA_STORAGE_CLASSES)[number];

/** A copy in a second AWS region, which S3 keeps. */
export interface ReplicaProps {
  /**
   * Name of a second bucket, in another AWS region, to which S3 copies every version within 15 minutes (replication time
   * control, with its metrics in CloudWatch). It is private, versioned, encrypted and protected as the first one is, and
   * no flip leads to it. Given together with `replicaRegion`.
   *
   * @default - no copy in a second region
   */
  readonly replicaBucketName?: string;
  /**
   * AWS region of that bucket.
   *
   * @default - no copy in a second region
   */
  readonly replicaRegion?: string;
  /**
   * Whether delete markers are copied too. If not, what was deleted still shows in the copy, and comes back with a
   * restore from it. With them nothing is lost: the versions below stay, and removals of versions are never copied.
   *
   * @default true
   */
  readonly replicaDeleteMarkers?: boolean;
  /**
   * Storage class of the copy. `STANDARD_IA` costs half to keep, charges for each GB read, and for 30 days at least.
   *
   * @default "STANDARD"
   */
  readonly replicaStorageClass?: ReplicaStorageClass;
  /**
   * ARN of the KMS key in `replicaRegion` that encrypts the copy; given if and only if there is an `encryptionKeyArn`. Its
   * policy must let the replication role use `kms:Encrypt` and `kms:Decrypt`, and the other key's `kms:Decrypt`; the statement
   * for its account that a new key has is enough.
   *
   * @default - S3 encrypts with keys of its own (SSE-S3)
   */
  readonly replicaEncryptionKeyArn?: string;
}

/** Where the copy is, once it is known that there is one. */
export interface ReplicaPlace {
  readonly bucketName: string;
  readonly region: string;
}

/** Of the bucket that is copied. */
export interface ReplicaSource {
  readonly bucketName: string;
  readonly region: string;
  readonly encryptionKeyArn?: string;
}

/**
 * @returns where the copy is; undefined when none is asked for
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, VALUE_INVALID
 */
export function checkReplica(
  props: ReplicaProps,
  source: ReplicaSource,
  path: (prop: keyof ReplicaProps) => string,
): ReplicaPlace | undefined {
  const place = checkPlace(props, source, path);
  if (place === undefined) {
    return undefined;
  }
  if (props.replicaStorageClass !== undefined) {
    checkOneOf(props.replicaStorageClass, REPLICA_STORAGE_CLASSES, path("replicaStorageClass"), {
      what: "the copy cannot be kept in this storage class",
      fix: 'use "STANDARD", or leave it away',
    });
  }
  checkKey(
    props.replicaEncryptionKeyArn,
    source.encryptionKeyArn,
    place.region,
    path("replicaEncryptionKeyArn"),
  );
  return place;
}

function checkPlace(
  props: ReplicaProps,
  source: ReplicaSource,
  path: (prop: keyof ReplicaProps) => string,
): ReplicaPlace | undefined {
  const { replicaBucketName: bucketName, replicaRegion: region } = props;
  if (bucketName === undefined) {
    refuseWithoutEffect(props, "replicaBucketName", path);
    return undefined;
  }
  if (region === undefined) {
    refuseWithoutEffect(props, "replicaRegion", path);
    return undefined;
  }
  checkKnownAtSynth(bucketName, path("replicaBucketName"));
  checkBucketName(bucketName, path("replicaBucketName"));
  checkKnownAtSynth(region, path("replicaRegion"));
  checkAwsRegion(region, path("replicaRegion"));
  if (bucketName === source.bucketName) {
    throw invalid({
      path: path("replicaBucketName"),
      what: "the bucket cannot be a copy of itself",
      value: bucketName,
      allowed: "another name than bucketName",
      fix: `use "${bucketName}-copy"`,
    });
  }
  if (region === source.region) {
    throw invalid({
      path: path("replicaRegion"),
      what: "the copy would be lost together with the bucket's region",
      value: region,
      allowed: `any region but ${source.region}`,
      fix: "choose a region far enough from it",
    });
  }
  return { bucketName, region };
}

function refuseWithoutEffect(
  props: ReplicaProps,
  missing: keyof ReplicaProps,
  path: (prop: keyof ReplicaProps) => string,
): void {
  for (const prop of [
    "replicaBucketName",
    "replicaRegion",
    "replicaDeleteMarkers",
    "replicaStorageClass",
    "replicaEncryptionKeyArn",
  ] as const) {
    if (props[prop] !== undefined) {
      throw withoutEffect(path(prop), props[prop], missing);
    }
  }
}

/** S3 copies objects that are encrypted with a customer's key only when it is told a key for the copy. */
function checkKey(
  keyArn: string | undefined,
  sourceKeyArn: string | undefined,
  region: string,
  path: string,
): void {
  if (sourceKeyArn === undefined) {
    if (keyArn !== undefined) {
      throw withoutEffect(path, keyArn, "encryptionKeyArn");
    }
    return;
  }
  if (keyArn === undefined) {
    throw invalid({
      path,
      what: "S3 copies nothing that is encrypted with a customer's key unless it has a key for the copy",
      value: keyArn,
      allowed: `the ARN of a KMS key in ${region}`,
      fix: `create a key in ${region} and give its ARN`,
    });
  }
  checkKeyArn(keyArn, path, region);
}
