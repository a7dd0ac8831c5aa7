import { isIP } from "node:net";
import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/**
 * @throws ConfigurationError VALUE_INVALID for the first entry that is no network, or is the whole internet
 */
export function checkNetworkRanges(ranges: readonly string[], path: string): void {
  for (const range of ranges) {
    if (!Token.isUnresolved(range) && !isNetworkRange(range)) {
      throw new ConfigurationError({
        code: "VALUE_INVALID",
        path,
        what: "this is not a limited network range",
        value: range,
        allowed: "IPv4 or IPv6 networks in CIDR notation, longer than /0",
        fix: 'write as in "203.0.113.7/32"',
      });
    }
  }
}

function isNetworkRange(range: string): boolean {
  const [address = "", length = "", ...more] = range.split("/");
  const version = isIP(address);
  const most = version === 4 ? 32 : 128;
  return version !== 0 && more.length === 0 && /^[1-9]\d{0,2}$/.test(length) && Number(length) <= most;
}
