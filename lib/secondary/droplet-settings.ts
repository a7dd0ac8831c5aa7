import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkDropletRegion(region: string, path: string): void {
  if (Token.isUnresolved(region) || /^[a-z]{3}\d$/.test(region)) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "this is not a DigitalOcean region",
    value: region,
    allowed: "three letters and a digit, as in fra1, ams3 or nyc3",
    fix: "take a region that offers volumes from `doctl compute region list`",
  });
}

/**
 * @throws ConfigurationError VALUE_INVALID when there is none
 */
export function checkSshKeyIds(sshKeyIds: readonly string[], path: string): void {
  if (sshKeyIds.length > 0 && sshKeyIds.every((id) => id !== "")) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "a droplet without SSH keys gets a root password by mail",
    value: sshKeyIds,
    allowed: "one or more ids or fingerprints of SSH keys that DigitalOcean knows",
    fix: "take an id from `doctl compute ssh-key list`",
  });
}

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkVpcId(vpcId: string, path: string): void {
  if (Token.isUnresolved(vpcId) || /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(vpcId)) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "this is not the id of a VPC",
    value: vpcId,
    allowed: "a UUID in lower case",
    fix: "take the id from `doctl vpcs list`; the VPC must be in the droplet's region",
  });
}
