import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/** Lower-case labels of letters, digits and inner hyphens, joined by dots; at least two. */
const HOST_NAME = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/;

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkHostName(hostname: string, path: string): void {
  if (Token.isUnresolved(hostname) || HOST_NAME.test(hostname)) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "this is not a host name",
    value: hostname,
    allowed: "lower-case labels joined by dots, without scheme, port or path",
    fix: 'write it as in "assets.example.com"',
  });
}

/**
 * The load balancer's host name must belong to its zone; the zone's own name is allowed.
 *
 * @throws ConfigurationError HOSTNAME_NOT_IN_ZONE, or VALUE_INVALID when it is no host name at all
 */
export function checkHostnameInZone(hostname: string, zoneName: string, path: string): void {
  checkHostName(hostname, path);
  if (Token.isUnresolved(hostname) || Token.isUnresolved(zoneName)) {
    return;
  }
  if (hostname !== zoneName && !hostname.endsWith(`.${zoneName}`)) {
    throw new ConfigurationError({
      code: "HOSTNAME_NOT_IN_ZONE",
      path,
      what: `the host name is not in the zone ${zoneName}`,
      value: hostname,
      allowed: `${zoneName} or a name that ends with .${zoneName}`,
      fix: `use "${hostname.split(".")[0]}.${zoneName}", or the zone that the host name belongs to`,
    });
  }
}
