import { describe, expect, it } from "@jest/globals";
import { OBJECT_LOCK_MODES } from "../../lib/primary/object-lock";
import { REPLICA_STORAGE_CLASSES } from "../../lib/primary/replica-props";
import type { S3PrimaryStoreProps } from "../../lib/primary/s3-primary-store";
import { decide } from "./primary-policy-decision";
import {
  BUCKET_ARN,
  CLOUDFRONT_PROPS,
  createStore,
  KEY_ARN,
  pathOf,
  reference,
  synthesizeStore,
  untyped,
} from "./primary-synthesis";
import { itRefusesEach, type RefusedInput } from "./refusal";
import type { SynthesizedResource } from "./synthesized-resources";

const REPLICA = {
  replicaBucketName: "example-assets-copy",
  replicaRegion: "eu-west-1",
} as const satisfies Partial<S3PrimaryStoreProps>;

const REPLICA_ARN = "arn:aws:s3:::example-assets-copy";

const REPLICA_KEY_ARN = "arn:aws:kms:eu-west-1:111122223333:key/00000000-0000-0000-0000-000000000003";

const WITH_KEYS: Partial<S3PrimaryStoreProps> = {
  ...REPLICA,
  ...CLOUDFRONT_PROPS,
  encryptionKeyArn: KEY_ARN,
  replicaEncryptionKeyArn: REPLICA_KEY_ARN,
};

function synthesizeReplica(change: Partial<S3PrimaryStoreProps> = {}, secrets = false) {
  const { resources, only, store } = synthesizeStore({ ...REPLICA, ...change }, secrets);
  /** The resource of a type in the replica's region, and the one beside it in the primary's. */
  const inRegion = (type: string, region = "eu-west-1"): SynthesizedResource => {
    const found = Object.values(resources[type] ?? {}).filter((resource) => resource.region === region);
    expect([type, found.length]).toEqual([type, 1]);
    return found[0] ?? {};
  };
  const rule = (only("aws_s3_bucket_replication_configuration").rule as SynthesizedResource[])[0] ?? {};
  return { resources, only, inRegion, rule, store };
}

describe("the copy in a second region", () => {
  it("is a bucket as private, versioned, encrypted and protected as the first", () => {
    const { inRegion } = synthesizeReplica();

    expect(inRegion("aws_s3_bucket")).toEqual({
      bucket: "example-assets-copy",
      region: "eu-west-1",
      lifecycle: { prevent_destroy: true },
    });
    for (const [type, argument] of [
      ["aws_s3_bucket_ownership_controls", "rule"],
      ["aws_s3_bucket_versioning", "versioning_configuration"],
      ["aws_s3_bucket_server_side_encryption_configuration", "rule"],
      ["aws_s3_bucket_lifecycle_configuration", "rule"],
    ] as const) {
      expect([type, inRegion(type)[argument]]).toEqual([type, inRegion(type, "eu-central-1")[argument]]);
    }
    expect(inRegion("aws_s3_bucket_public_access_block")).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
  });

  it("can be read by nobody but the account's own roles, and by these over TLS 1.2 only", () => {
    const { policy } = synthesizeReplica().inRegion("aws_s3_bucket_policy");
    const read = { action: "s3:GetObject", resource: `${REPLICA_ARN}/index.html` } as const;
    const secure = { "aws:SecureTransport": "true", "s3:TlsVersion": "1.2", "aws:SourceIp": "104.16.0.1" };

    expect(decide(policy, { ...read, from: "anonymous", context: secure })).toBe("not granted");
    expect(decide(policy, { ...read, from: { account: "111122223333" }, context: secure })).toBe(
      "not granted",
    );
    for (const lapse of [{ "aws:SecureTransport": "false" }, { "s3:TlsVersion": "1.1" }]) {
      const context = { ...secure, ...lapse };
      expect(decide(policy, { ...read, from: { account: "111122223333" }, context })).toBe("refused");
    }
  });

  it("follows the store in tags, protection and how long it remembers", () => {
    const { inRegion } = synthesizeReplica({
      protectFromDestroy: false,
      tags: { team: "web" },
      longestOutageDays: 90,
    });

    expect(inRegion("aws_s3_bucket")).toMatchObject({
      tags: { team: "web" },
      lifecycle: { prevent_destroy: false },
    });
    expect(JSON.stringify(inRegion("aws_s3_bucket_lifecycle_configuration").rule)).toContain(
      '"noncurrent_days":97',
    );
  });

  it("is written by S3 within 15 minutes, which its metrics watch", () => {
    const { only, rule } = synthesizeReplica();

    expect(only("aws_s3_bucket_replication_configuration").region).toBe("eu-central-1");
    expect(rule).toMatchObject({
      status: "Enabled",
      filter: { prefix: "" },
      destination: {
        replication_time: { status: "Enabled", time: { minutes: 15 } },
        metrics: { status: "Enabled", event_threshold: { minutes: 15 } },
      },
    });
  });

  it.each([
    [undefined, "Enabled"],
    [true, "Enabled"],
    [false, "Disabled"],
  ])(
    "copies delete markers unless told otherwise (%s), with a permission only if it does",
    (copied, status) => {
      const { rule, only } = synthesizeReplica({ replicaDeleteMarkers: copied });

      expect(rule.delete_marker_replication).toEqual({ status });
      expect(String(only("aws_iam_role_policy").policy).includes("s3:ReplicateDelete")).toBe(
        status === "Enabled",
      );
    },
  );

  it.each([[undefined, "STANDARD"], ...REPLICA_STORAGE_CLASSES.map((one) => [one, one] as const)] as const)(
    "is kept in the class that is asked for (%s)",
    (replicaStorageClass, expected) => {
      expect(synthesizeReplica({ replicaStorageClass }).rule.destination).toMatchObject({
        storage_class: expected,
      });
    },
  );

  it("waits until both buckets keep versions and the role may copy", () => {
    const { only } = synthesizeReplica();

    const { depends_on } = only("aws_s3_bucket_replication_configuration");
    const needed = (depends_on as string[]).map((one) => one.replace(/_[0-9A-F]{8}$/, ""));

    expect(needed).toEqual([
      "aws_s3_bucket_versioning.store_versioning",
      "aws_s3_bucket_versioning.store_replica_bucket_versioning",
      "aws_iam_role_policy.store_replica_permissions",
    ]);
  });

  it.each(OBJECT_LOCK_MODES)(
    "locks (%s) what the bucket locks, and can do so before the bucket does",
    (mode) => {
      const { inRegion, only } = synthesizeReplica({ objectLockDays: 7, objectLockMode: mode });
      const type = "aws_s3_bucket_object_lock_configuration";

      expect(inRegion(type).rule).toEqual(inRegion(type, "eu-central-1").rule);
      const first = expect.stringMatching(/^aws_s3_bucket_object_lock_configuration\.store_replica_bucket_/);
      expect(inRegion(type, "eu-central-1").depends_on).toContainEqual(first);
      expect(only("aws_s3_bucket_replication_configuration").depends_on).toContainEqual(first);
    },
  );

  it("encrypts with a key of its own region what a key encrypts at the first", () => {
    const { rule, inRegion } = synthesizeReplica(WITH_KEYS, true);

    expect(rule).toMatchObject({
      source_selection_criteria: { sse_kms_encrypted_objects: { status: "Enabled" } },
      destination: { encryption_configuration: { replica_kms_key_id: REPLICA_KEY_ARN } },
    });
    expect(inRegion("aws_s3_bucket_server_side_encryption_configuration").rule).toEqual([
      {
        apply_server_side_encryption_by_default: {
          sse_algorithm: "aws:kms",
          kms_master_key_id: REPLICA_KEY_ARN,
        },
        bucket_key_enabled: true,
      },
    ]);
  });
});

describe("the role that S3 copies with", () => {
  const RECEIVED = ["s3:ReplicateObject", "s3:ReplicateTags", "s3:ReplicateDelete"];
  const GIVEN = ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"];
  const LOCKS = ["s3:GetObjectRetention", "s3:GetObjectLegalHold"];

  /** Every action that the role has, each on what. */
  function grants(change: Partial<S3PrimaryStoreProps> = {}, secrets = false) {
    const policy = String(synthesizeReplica(change, secrets).only("aws_iam_role_policy").policy);
    const document: { Statement: { Action: string[]; Resource: string[] }[] } = JSON.parse(policy);
    return document.Statement.flatMap(({ Action, Resource }) =>
      Action.flatMap((action) => Resource.map((resource) => `${action} on ${resource}`)),
    ).sort();
  }

  const plain = [
    `s3:GetReplicationConfiguration on ${BUCKET_ARN}`,
    `s3:ListBucket on ${BUCKET_ARN}`,
    ...GIVEN.map((action) => `${action} on ${BUCKET_ARN}/*`),
    ...RECEIVED.map((action) => `${action} on ${REPLICA_ARN}/*`),
  ];

  it("may read one bucket and write replicas to the other, and no more", () => {
    expect(grants()).toEqual([...plain].sort());
  });

  it("may read locks where there are any", () => {
    expect(grants({ objectLockDays: 7 })).toEqual(
      [...plain, ...LOCKS.map((action) => `${action} on ${BUCKET_ARN}/*`)].sort(),
    );
  });

  it("may use each key for its own bucket, through S3", () => {
    expect(grants(WITH_KEYS, true)).toEqual(
      [
        ...plain,
        `kms:Decrypt on ${KEY_ARN}`,
        `kms:Encrypt on ${REPLICA_KEY_ARN}`,
        // S3 looks at the bucket key before it uses it.
        `kms:Decrypt on ${REPLICA_KEY_ARN}`,
      ].sort(),
    );
    const { policy } = synthesizeReplica(WITH_KEYS, true).only("aws_iam_role_policy");
    const decrypt = (context: Readonly<Record<string, string>>) =>
      decide(policy, {
        from: { account: "111122223333" },
        action: "kms:Decrypt",
        resource: KEY_ARN,
        context: {
          "kms:ViaService": "s3.eu-central-1.amazonaws.com",
          "kms:EncryptionContext:aws:s3:arn": BUCKET_ARN,
          ...context,
        },
      });

    expect(decrypt({})).toBe("allowed");
    expect(decrypt({ "kms:EncryptionContext:aws:s3:arn": `${BUCKET_ARN}/index.html` })).toBe("allowed");
    expect(decrypt({ "kms:EncryptionContext:aws:s3:arn": `${BUCKET_ARN}-other` })).toBe("not granted");
    expect(decrypt({ "kms:ViaService": "s3.eu-west-1.amazonaws.com" })).toBe("not granted");
  });

  it("is taken by S3 for this bucket of this account only, as far as S3 says on whose behalf it comes", () => {
    const { assume_role_policy } = synthesizeReplica().only("aws_iam_role");
    const document: { Statement: { Action: string; Principal: unknown }[] } = JSON.parse(
      String(assume_role_policy),
    );
    expect(document.Statement).toHaveLength(1);
    const account =
      /data\.aws_caller_identity\.[\w-]+\.account_id/.exec(String(assume_role_policy))?.[0] ?? "";
    // A trust policy names no resource: the role is.
    const policy = JSON.stringify({ Statement: [{ ...document.Statement[0], Resource: "*" }] });
    const taken = (service: string, context: Readonly<Record<string, string>>) =>
      decide(
        policy,
        { from: { service }, action: "sts:AssumeRole", resource: "role", context },
        { [account]: "111122223333" },
      );
    const ours = { "aws:SourceArn": BUCKET_ARN, "aws:SourceAccount": "111122223333" };

    expect(taken("s3.amazonaws.com", ours)).toBe("allowed");
    expect(taken("s3.amazonaws.com", {})).toBe("allowed");
    expect(taken("s3.amazonaws.com", { ...ours, "aws:SourceArn": `${BUCKET_ARN}2` })).toBe("not granted");
    expect(taken("s3.amazonaws.com", { ...ours, "aws:SourceAccount": "999900001111" })).toBe("not granted");
    expect(taken("lambda.amazonaws.com", ours)).toBe("not granted");
  });

  it("has a name that IAM accepts, from the longest of bucket names", () => {
    const { only } = synthesizeReplica({ bucketName: "a".repeat(63) });

    expect(only("aws_iam_role").name).toMatch(/^[\w-]{1,64}$/);
  });
});

describe("bad input", () => {
  const refusal = (
    prop: keyof S3PrimaryStoreProps,
    value: unknown,
    rest: Pick<RefusedInput, "allowed" | "fix"> & Partial<Pick<RefusedInput, "code" | "value">>,
    others: Partial<S3PrimaryStoreProps> = REPLICA,
  ): RefusedInput => ({
    input: `${prop} ${JSON.stringify(value)} beside ${Object.keys(others).join(", ") || "nothing"}`,
    attempt: () => createStore({ ...others, [prop]: untyped(value) }, true),
    code: "VALUE_INVALID",
    path: pathOf(prop),
    value,
    ...rest,
  });
  const alone = (prop: keyof S3PrimaryStoreProps, value: unknown) =>
    refusal(prop, value, { allowed: "together with replicaBucketName", fix: "leave this away" }, {});

  itRefusesEach([
    alone("replicaRegion", "eu-west-1"),
    alone("replicaDeleteMarkers", false),
    alone("replicaStorageClass", "STANDARD_IA"),
    alone("replicaEncryptionKeyArn", REPLICA_KEY_ARN),
    refusal(
      "replicaBucketName",
      "example-assets-copy",
      { allowed: "together with replicaRegion", fix: "leave this away" },
      {},
    ),
    refusal("replicaBucketName", "Copy", {
      code: "BUCKET_NAME_INVALID",
      allowed: "3 to 63 lower-case letters",
      fix: "another name",
    }),
    refusal("replicaBucketName", "example-assets-primary", {
      allowed: "another name than bucketName",
      fix: "example-assets-primary-copy",
    }),
    refusal("replicaRegion", "Ireland", { allowed: "eu-central-1", fix: "take the code from" }),
    refusal("replicaRegion", "eu-central-1", { allowed: "any region but eu-central-1", fix: "far enough" }),
    refusal("replicaStorageClass", "GLACIER", { allowed: "STANDARD or STANDARD_IA", fix: "STANDARD" }),
    refusal("replicaEncryptionKeyArn", REPLICA_KEY_ARN, {
      allowed: "together with encryptionKeyArn",
      fix: "leave this away",
    }),
    refusal(
      "replicaEncryptionKeyArn",
      undefined,
      { allowed: "a KMS key in eu-west-1", fix: "create a key in eu-west-1" },
      WITH_KEYS,
    ),
    refusal(
      "replicaEncryptionKeyArn",
      KEY_ARN,
      { allowed: "a key in eu-west-1", fix: "arn:aws:kms:eu-west-1:" },
      WITH_KEYS,
    ),
    ...(["replicaBucketName", "replicaRegion"] as const).map((prop) => {
      const later = reference();
      return {
        ...refusal(prop, later, { allowed: "a plain string", fix: "write the value itself" }),
        input: `a ${prop} that is known only later`,
        value: "(reference)",
      };
    }),
  ]);
});
