import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/** DigitalOcean's rule for volumes, the narrowest of the three that share the name. */
const SERVER_NAME = /^[a-z][a-z0-9-]{0,62}$/;

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkServerName(name: string, path: string): void {
  if (Token.isUnresolved(name) || SERVER_NAME.test(name)) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "DigitalOcean does not accept this as the name of a volume",
    value: name,
    allowed: "up to 63 lower-case letters, digits and hyphens, beginning with a letter",
    fix: 'give `serverName`, as in "assets-standby"',
  });
}
