import { Token } from "cdktf";
import { checkNetworkRanges } from "../private/network-range";
import { invalid } from "../private/refusals";

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkDropletRegion(region: string, path: string): void {
  if (Token.isUnresolved(region) || /^[a-z]{3}\d$/.test(region)) {
    return;
  }
  throw invalid({
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
  throw invalid({
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
  throw invalid({
    path,
    what: "this is not the id of a VPC",
    value: vpcId,
    allowed: "a UUID in lower case",
    fix: "take the id from `doctl vpcs list`; the VPC must be in the droplet's region",
  });
}

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkDropletSize(size: string, path: string): void {
  if (Token.isUnresolved(size) || /^[a-z0-9]+(-[a-z0-9.]+)+$/.test(size)) {
    return;
  }
  throw invalid({
    path,
    what: "this is not the size of a droplet",
    value: size,
    allowed: "DigitalOcean's codes, as in s-2vcpu-4gb",
    fix: "take one from `doctl compute size list`",
  });
}

/**
 * @throws ConfigurationError VALUE_INVALID for the first that DigitalOcean does not accept, or that is there twice
 */
export function checkDropletTags(tags: readonly string[], path: string): void {
  for (const [index, tag] of tags.entries()) {
    if (!Token.isUnresolved(tag) && (!/^[\w:-]{1,255}$/.test(tag) || tags.indexOf(tag) < index)) {
      throw invalid({
        path,
        what: "this is not a tag of DigitalOcean's, or it is there twice",
        value: tag,
        allowed: "different tags of 1 to 255 letters, digits, colons, hyphens and underscores",
        fix: 'write it as in "team:storage"',
      });
    }
  }
}

/**
 * No list at all opens HTTPS to signed requests from anywhere.
 *
 * @throws ConfigurationError VALUE_INVALID for an empty list, which would shut out the replicator
 */
export function checkReplicatorRanges(ranges: readonly string[], path: string): void {
  checkNetworkRanges(ranges, path);
  if (ranges.length === 0) {
    throw invalid({
      path,
      what: "only Cloudflare could reach the standby, and the replicator could not",
      value: ranges,
      allowed: "the replicator's networks in CIDR notation, or no list",
      fix: "name its networks, or leave this away: the proxy refuses requests that are neither signed nor Cloudflare's",
    });
  }
}
