import { Token } from "cdktf";
import { invalid } from "./refusals";

const KEY_ARN =
  /^arn:aws:kms:([a-z0-9-]+):\d{12}:key\/(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/**
 * The ARN of a KMS key. An alias or a key's id will not do: log groups take neither, and whoever reads with an alias resolves
 * it in an account of their own.
 *
 * @param region that the key must be in; any, if that is not known
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkKeyArn(arn: string, path: string, region?: string): void {
  const keyRegion = KEY_ARN.exec(arn)?.[1];
  if (Token.isUnresolved(arn) || (keyRegion !== undefined && keyRegion === (region ?? keyRegion))) {
    return;
  }
  throw invalid({
    path,
    what:
      keyRegion === undefined
        ? "this is not the ARN of a KMS key"
        : "a bucket cannot be encrypted with a key of another region",
    value: arn,
    allowed:
      region === undefined
        ? "the ARN of a key, not of an alias"
        : `the ARN of a key in ${region}, not of an alias`,
    fix: `write it as in "arn:aws:kms:${region ?? "<region>"}:<account>:key/<key id>"`,
  });
}
