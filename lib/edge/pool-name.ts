import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/** Letters, digits, hyphens and underscores, as Cloudflare has it; not longer than a host name. */
const POOL_NAME_PREFIX = /^[A-Za-z0-9_-]{1,253}$/;

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkPoolNamePrefix(prefix: string | undefined, path: string): void {
  if (prefix === undefined || Token.isUnresolved(prefix) || POOL_NAME_PREFIX.test(prefix)) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "Cloudflare does not accept this in the name of a pool",
    value: prefix,
    allowed: "1 to 253 letters, digits, hyphens and underscores",
    fix: 'write it as in "assets-example-com"',
  });
}
