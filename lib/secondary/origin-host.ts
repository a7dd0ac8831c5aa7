import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The origin's host must be in a zone of the account for Cloudflare to send it as Host header, and one label below it for
 * the zone's universal certificate to cover it.
 *
 * @throws ConfigurationError ORIGIN_HOST_NOT_BELOW_ZONE
 */
export function checkOriginHostBelowZone(originHost: string, zoneName: string, path: string): void {
  if (Token.isUnresolved(originHost) || Token.isUnresolved(zoneName)) {
    return;
  }
  const suffix = `.${zoneName}`;
  const label = originHost.endsWith(suffix) ? originHost.slice(0, -suffix.length) : undefined;
  if (label !== undefined && LABEL.test(label)) {
    return;
  }
  throw new ConfigurationError({
    code: "ORIGIN_HOST_NOT_BELOW_ZONE",
    path,
    what: `the origin's host name is not exactly one label below the zone ${zoneName}`,
    value: originHost,
    allowed: `one label of lower-case letters, digits and hyphens, then ${suffix}`,
    fix: `use a name such as "assets-standby${suffix}"`,
  });
}
