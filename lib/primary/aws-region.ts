import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/** A region of the standard partition: elsewhere host names and ARNs are formed differently. */
const STANDARD_REGION = /^(?!cn-|us-gov-|us-iso|eu-isoe-)[a-z]{2}(-[a-z]+)+-\d$/;

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkAwsRegion(region: string, path: string): void {
  if (Token.isUnresolved(region) || STANDARD_REGION.test(region)) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "this is not a region of the standard AWS partition",
    value: region,
    allowed: "region codes as in eu-central-1; not China, GovCloud or isolated regions",
    fix: "take the code from the AWS console's region list, without the availability zone's letter",
  });
}
