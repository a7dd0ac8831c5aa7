/** When a configuration is refused with a code, and what to do about it; in Markdown, for people. */
export interface ConfigurationErrorMeaning {
  /** What is wrong then, and why that is not accepted. */
  readonly when: string;
  /** What to do about it. */
  readonly remedy: string;
}

/**
 * Every way in which a configuration can be refused. Codes are stable: pipelines may match on them.
 * `docs/errors.md` is written from this: `npm run docs`.
 */
export const CONFIGURATION_ERRORS = {
  ACTIVE_PROVIDER_MISSING: {
    when: 'The toggle is nowhere: no prop, no `ACTIVE_PROVIDER`, no context. There is no default, because a silent "primary" would be a silent failback.',
    remedy: "Set `context.activeProvider` in `cdktf.json`.",
  },
  ACTIVE_PROVIDER_UNKNOWN: {
    when: "The toggle is neither `primary` nor `secondary`. The path names the source of the value.",
    remedy: "Correct the word there, or unset it.",
  },
  BUCKET_NAME_HAS_DOT: {
    when: "A bucket name has a dot. Certificates for S3 host names do not cover it.",
    remedy: "Use hyphens.",
  },
  BUCKET_NAME_INVALID: {
    when: "A bucket name breaks the rules of S3 in another way.",
    remedy: "3 to 63 lower-case letters, digits, hyphens.",
  },
  ORIGIN_HOST_NOT_BELOW_ZONE: {
    when: "The secondary's host name is not exactly one label below the zone. Cloudflare refuses such host headers, and its certificates cover one label.",
    remedy: "`<label>.<zone>`.",
  },
  HOSTNAME_NOT_IN_ZONE: {
    when: "The readers' host name belongs to another zone.",
    remedy: "Correct the host name or the zone.",
  },
  CHECK_REGION_UNKNOWN: {
    when: "Cloudflare has no such region, to probe from or that readers come from.",
    remedy: "Take codes from the list in the message.",
  },
  INTERVAL_BELOW_PLAN_MINIMUM: {
    when: "The zone's plan does not allow monitors to probe that often.",
    remedy: "Use the least interval of the plan, or a higher plan.",
  },
  NUMBER_OUT_OF_RANGE: {
    when: "A number is outside of what the service accepts, or not whole.",
    remedy: "Choose one from the range in the message.",
  },
  VALUE_INVALID: {
    when: "Any other value that cannot work: a region, an address, a name, a value known only after deployment.",
    remedy: "As the message says.",
  },
  OBJECTIVE_UNREACHABLE: {
    when: "A recovery time or a recovery point was declared that the configuration cannot reach at worst. The message has the arithmetic.",
    remedy: "Turn one of the knobs in the message, or declare what can be kept. See `docs/objectives.md`.",
  },
  SERVER_IMAGE_REFUSED: {
    when: "The secondary's image is unpinned or has been deleted from its registry.",
    remedy: "Pin a release or a digest.",
  },
  SECRET_LITERAL: {
    when: "A secret is given as text and would stand in the synthesized JSON.",
    remedy: "Pass a sensitive Terraform variable.",
  },
  EDGE_BACKEND_ON_AWS: {
    when: "The edge's state would be on AWS, so that a flip would need AWS.",
    remedy: "Give the edge a backend elsewhere, such as R2.",
  },
  ASSET_MISSING: {
    when: "The replicator's zip has not been built.",
    remedy: "`npm run build:lambda`",
  },
  STORES_NOT_DISTINCT: {
    when: "Both stores are the same bucket, or stand in each other's place.",
    remedy: "Two buckets, each under its own name.",
  },
  STACK_NAME_TAKEN: {
    when: "Two stacks of one app have the same name; the second would overwrite the first, and its state.",
    remedy: "Give each `StorageFailover` its own `stackNamePrefix`.",
  },
} as const satisfies Readonly<Record<string, ConfigurationErrorMeaning>>;

/** By which a refusal is known. */
export type ConfigurationErrorCode = keyof typeof CONFIGURATION_ERRORS;

/** Every code, in the order of `CONFIGURATION_ERRORS`. */
export const CONFIGURATION_ERROR_CODES: readonly ConfigurationErrorCode[] = Object.keys(
  CONFIGURATION_ERRORS,
) as ConfigurationErrorCode[];
