import { narrowRanges } from "./narrow-ranges";
import {
  type Block,
  blocksOf,
  hasReference,
  isBlock,
  listOf,
  type PlannedResource,
  referencesIn,
  resourcesOfType,
} from "./plan-reading";
import type { Violation } from "./violation";

/** Which resources open a bucket in ways that a private store never needs. */
const OPENING_TYPES = ["aws_s3_bucket_acl", "aws_s3_bucket_website_configuration"];

/** That buckets are closed to all but the edge, over TLS, and that what happens in them can be undone. */
export function bucketViolations(plan: Block): readonly Violation[] {
  const broken = (rule: "bucket-public-access-blocked" | "bucket-tls-only" | "bucket-versioned") =>
    resourcesOfType(plan, "aws_s3_bucket")
      .filter((bucket) => !KEPT[rule](bucket, plan))
      .map(({ address }) => ({ rule, address }));
  return [
    ...broken("bucket-public-access-blocked"),
    ...broken("bucket-tls-only"),
    ...broken("bucket-versioned"),
    ...resourcesOfType(plan, "aws_s3_bucket_policy")
      .filter(({ values }) => (statementsOf(values) ?? []).some(admitsAnyone))
      .map(({ address }) => ({ rule: "bucket-not-public", address }) as const),
    ...resourcesOfType(plan, "aws_s3_object", ...OPENING_TYPES)
      .filter(({ type, values }) => OPENING_TYPES.includes(type) || typeof values.acl === "string")
      .map(({ address }) => ({ rule: "bucket-no-acl-or-website", address }) as const),
  ];
}

const KEPT = {
  "bucket-public-access-blocked": (bucket: PlannedResource, plan: Block) =>
    ofBucket(bucket, plan, "aws_s3_bucket_public_access_block").some(
      ({ block_public_acls, block_public_policy, ignore_public_acls, restrict_public_buckets }) =>
        [block_public_acls, block_public_policy, ignore_public_acls, restrict_public_buckets].every(
          (blocked) => blocked === true,
        ),
    ),
  "bucket-tls-only": (bucket: PlannedResource, plan: Block) =>
    ofBucket(bucket, plan, "aws_s3_bucket_policy").some((values) => {
      const statements = statementsOf(values);
      return statements === undefined || statements.some(refusesPlainHttp);
    }),
  "bucket-versioned": (bucket: PlannedResource, plan: Block) =>
    ofBucket(bucket, plan, "aws_s3_bucket_versioning").some((values) =>
      blocksOf(values.versioning_configuration).some(({ status }) => status === "Enabled"),
    ),
};

/** The settings of a bucket, which refer to it or repeat its name. */
function ofBucket(bucket: PlannedResource, plan: Block, type: string): readonly Block[] {
  return resourcesOfType(plan, type)
    .map(({ values }) => values)
    .filter(
      (values) =>
        referencesIn(values.bucket).includes(bucket.address) ||
        (typeof values.bucket === "string" && values.bucket === bucket.values.bucket),
    );
}

/** A policy's statements; undefined where the policy is only known after deployment. */
function statementsOf({ policy }: Block): readonly Block[] | undefined {
  if (typeof policy !== "string") {
    return undefined;
  }
  try {
    const document: unknown = JSON.parse(policy);
    return isBlock(document) ? blocksOf(document.Statement) : [];
  } catch {
    return hasReference(policy) ? undefined : [];
  }
}

function refusesPlainHttp({ Effect, Principal, Action, Resource, Condition }: Block): boolean {
  const secure = blocksOf(Condition).flatMap(({ Bool }) => blocksOf(Bool))[0]?.["aws:SecureTransport"];
  return (
    Effect === "Deny" &&
    isAnyone(Principal) &&
    listOf(Action).includes("s3:*") &&
    listOf(Resource).some((resource) => typeof resource === "string" && resource.endsWith("*")) &&
    listOf(secure).every((value) => String(value) === "false") &&
    listOf(secure).length === 1
  );
}

function admitsAnyone(statement: Block): boolean {
  const { Effect, Principal, Action, NotPrincipal } = statement;
  if (Effect !== "Allow" || !(isAnyone(Principal) || NotPrincipal !== undefined)) {
    return false;
  }
  const readsOnly = listOf(Action).length > 0 && listOf(Action).every((action) => action === "s3:GetObject");
  return !(readsOnly && isLimited(statement));
}

function isAnyone(principal: unknown): boolean {
  return principal === "*" || blocksOf(principal).some(({ AWS }) => listOf(AWS).includes("*"));
}

/** Conditions that AWS does not call public: docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html */
function isLimited({ Condition }: Block): boolean {
  const conditions = blocksOf(Condition);
  const sources = conditions.flatMap(({ IpAddress }) => blocksOf(IpAddress))[0]?.["aws:SourceIp"];
  const identities = conditions.flatMap(({ StringEquals }) => blocksOf(StringEquals));
  return (
    narrowRanges(listOf(sources)) ||
    identities.some((identity) => IDENTITIES.some((key) => listOf(identity[key]).length > 0))
  );
}

const IDENTITIES = [
  "aws:PrincipalAccount",
  "aws:PrincipalOrgID",
  "aws:SourceAccount",
  "aws:SourceArn",
  "aws:SourceVpc",
  "aws:SourceVpce",
];
