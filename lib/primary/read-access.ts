import { checkHostName } from "../private/host-name";
import { checkKeyArn } from "../private/key-arn";
import { checkKnownAtSynth } from "../private/known-at-synth";
import { checkOneOf } from "../private/one-of";
import { invalid, withoutEffect } from "../private/refusals";
import { checkSecretReference } from "../private/secret-reference";
import { checkCertificateArn } from "./certificate-arn";

/** Through what Cloudflare reads the bucket: by itself without signing, or through a CloudFront distribution that signs. */
export const ORIGIN_ACCESSES = ["cloudflare", "cloudfront"] as const;

/** The way by which readers come to the bucket. */
export type OriginAccess = (typeof ORIGIN_ACCESSES)[number];

/** How Cloudflare reads the bucket, and nobody else. */
export interface ReadAccessProps {
  /**
   * Who reads the bucket for readers. `cloudflare`: requests from Cloudflare's IPv4 networks, without a signature.
   * `cloudfront`: a distribution under `cloudfrontAlias` that signs its requests, stands between Cloudflare and the bucket,
   * keeps nothing, and answers those who send `originSecret` as `Referer`; an encryption key of your own needs it. The origin host
   * is then the alias.
   *
   * @default "cloudflare"
   */
  readonly originAccess?: OriginAccess;
  /**
   * Secret that Cloudflare sends as `Referer`: a reference to a sensitive variable. Cloudflare's addresses are shared by
   * all of its customers; this tells yours apart. It is in Terraform's state by nature: encrypt the state. Required with
   * `cloudfront`, which anybody can reach.
   *
   * @default - reads are limited to Cloudflare's addresses only
   */
  readonly originSecret?: string;
  /**
   * The secret before a rotation, accepted beside `originSecret` until the edge sends the new one.
   *
   * @default - only `originSecret` is accepted
   */
  readonly previousOriginSecret?: string;
  /**
   * Host name of the distribution, covered by `cloudfrontCertificateArn`. Give it a CNAME record, DNS-only, that points to
   * the distribution's domain name; Cloudflare takes it as origin when it is in a zone of your account.
   *
   * @default - none; required with `cloudfront`
   */
  readonly cloudfrontAlias?: string;
  /**
   * ARN of the ACM certificate for the alias, in us-east-1, where CloudFront looks for it.
   *
   * @default - none; required with `cloudfront`
   */
  readonly cloudfrontCertificateArn?: string;
  /**
   * ARN of a KMS key of yours, in the bucket's region, that encrypts objects (with a bucket key, so that KMS is asked
   * seldom). Only with `cloudfront`: anonymous reads of such objects fail.
   *
   * The key's policy is yours. It must let these use the key:
   * - the distribution: `{ "Effect": "Allow", "Principal": { "Service": "cloudfront.amazonaws.com" }, "Action": "kms:Decrypt",
   *   "Resource": "*", "Condition": { "StringEquals": { "aws:SourceArn": "<ARN of the distribution>" } } }`
   * - whoever writes, and the replicator's roles: `kms:Decrypt` and `kms:GenerateDataKey`. The roles' own policies grant
   *   both, so that the statement for its account that a new key has is enough for them.
   *
   * **Replication.** The ETag of such an object is no MD5. Towards the secondary, everything is copied and proven, but
   * each new object is read twice, and each pass looks at every object on both sides instead of comparing listings. Back
   * from the secondary, replication writes an object and then cannot tell it from a rewrite: it reports each one
   * as unsupported. So writes that the secondary took while it was active do not come back by themselves.
   *
   * @default - S3 encrypts with keys of its own (SSE-S3)
   */
  readonly encryptionKeyArn?: string;
}

/** What a distribution needs, once it is known to be there. */
export interface CloudfrontSettings {
  readonly alias: string;
  readonly certificateArn: string;
  readonly originSecret: string;
}

/**
 * @returns what a distribution needs; undefined when Cloudflare reads by itself
 * @throws ConfigurationError VALUE_INVALID, SECRET_LITERAL
 */
export function checkReadAccess(
  props: ReadAccessProps,
  region: string,
  path: (prop: keyof ReadAccessProps) => string,
): CloudfrontSettings | undefined {
  const { originAccess = "cloudflare", encryptionKeyArn } = props;
  checkOneOf(originAccess, ORIGIN_ACCESSES, path("originAccess"), {
    what: "the bucket cannot be read through this",
    fix: 'use "cloudfront" for objects encrypted with a key of yours, else leave it away',
  });
  checkOriginSecrets(props, path);
  checkSecretRotation(props, path);
  if (encryptionKeyArn !== undefined) {
    checkKnownAtSynth(encryptionKeyArn, path("encryptionKeyArn"));
    checkKeyArn(encryptionKeyArn, path("encryptionKeyArn"), region);
  }
  return originAccess === "cloudfront" ? checkCloudfront(props, path) : refuseCloudfrontProps(props, path);
}

/**
 * @throws ConfigurationError SECRET_LITERAL
 */
export function checkOriginSecrets(
  props: Pick<ReadAccessProps, "originSecret" | "previousOriginSecret">,
  path: (prop: "originSecret" | "previousOriginSecret") => string,
): void {
  for (const prop of ["originSecret", "previousOriginSecret"] as const) {
    const secret = props[prop];
    if (secret !== undefined) {
      checkSecretReference(secret, path(prop));
    }
  }
}

/**
 * The secret before a rotation is accepted beside the one after it: alone it would shut out an edge that sends none.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkSecretRotation(
  props: Pick<ReadAccessProps, "originSecret" | "previousOriginSecret">,
  path: (prop: "previousOriginSecret") => string,
): void {
  if (props.previousOriginSecret !== undefined && props.originSecret === undefined) {
    throw withoutEffect(path("previousOriginSecret"), "(hidden)", "originSecret");
  }
}

/** What a bucket's policy accepts as `Referer`; empty when it asks for none. */
export function originSecretsOf(
  props: Pick<ReadAccessProps, "originSecret" | "previousOriginSecret">,
): readonly string[] {
  return [props.originSecret, props.previousOriginSecret].filter((secret) => secret !== undefined);
}

function checkCloudfront(
  { cloudfrontAlias, cloudfrontCertificateArn, originSecret }: ReadAccessProps,
  path: (prop: keyof ReadAccessProps) => string,
): CloudfrontSettings {
  if (cloudfrontAlias === undefined) {
    throw invalid({
      path: path("cloudfrontAlias"),
      what: "the distribution has no name of its own, and the one that CloudFront gives it is only known after deployment",
      value: cloudfrontAlias,
      allowed: "a host name that the certificate covers",
      fix: 'give one, as in "assets-origin.example.com"',
    });
  }
  checkKnownAtSynth(cloudfrontAlias, path("cloudfrontAlias"));
  checkHostName(cloudfrontAlias, path("cloudfrontAlias"));
  if (cloudfrontCertificateArn === undefined) {
    throw invalid({
      path: path("cloudfrontCertificateArn"),
      what: "the distribution has no certificate for its alias",
      value: cloudfrontCertificateArn,
      allowed: "the ARN of an ACM certificate in us-east-1",
      fix: `request a certificate for ${cloudfrontAlias} and give its ARN`,
    });
  }
  checkCertificateArn(cloudfrontCertificateArn, path("cloudfrontCertificateArn"));
  if (originSecret === undefined) {
    throw invalid({
      path: path("originSecret"),
      what: "without a secret anybody could read the bucket through the distribution, past Cloudflare",
      value: originSecret,
      allowed: "a reference to a sensitive Terraform variable",
      fix: "give an originSecret here and the same to the edge (in StorageFailover: useOriginSecret)",
    });
  }
  return { alias: cloudfrontAlias, certificateArn: cloudfrontCertificateArn, originSecret };
}

function refuseCloudfrontProps(
  props: ReadAccessProps,
  path: (prop: keyof ReadAccessProps) => string,
): undefined {
  if (props.encryptionKeyArn !== undefined) {
    throw invalid({
      path: path("encryptionKeyArn"),
      what: "Cloudflare reads without signing, and S3 refuses such reads of objects that are encrypted with a customer's key",
      value: props.encryptionKeyArn,
      allowed: 'a key together with originAccess "cloudfront", else none',
      fix: 'set originAccess to "cloudfront", or leave the key away: S3 encrypts with keys of its own',
    });
  }
  for (const prop of ["cloudfrontAlias", "cloudfrontCertificateArn"] as const) {
    if (props[prop] !== undefined) {
      throw withoutEffect(path(prop), props[prop], 'originAccess "cloudfront"');
    }
  }
  return undefined;
}
