import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/** Cloudflare's are 32 hexadecimal digits; only what could never be one is refused, so that a placeholder synthesizes. */
const IDENTIFIER = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkCloudflareId(id: string, path: string): void {
  if (Token.isUnresolved(id) || IDENTIFIER.test(id)) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "this is not an identifier of Cloudflare's",
    value: id,
    allowed: "32 hexadecimal digits",
    fix: "copy it from the overview page of the zone, where both identifiers stand",
  });
}
