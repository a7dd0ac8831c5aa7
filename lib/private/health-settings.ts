import { Token } from "cdktf";
import { invalid } from "./refusals";

/** Reserved characters beside `/` would be read as a query, a fragment or an escape. */
const HEALTH_PATH = /^(\/(?!\.\.?(\/|$))[A-Za-z0-9._~!$'()*,;=:@-]+)+$/;

/** Cloudflare looks for the expected body within the first 10 KB, and takes it as one line. */
const HEALTH_BODY = /^[\x20-\x7e]{1,256}$/;

/** Terraform would take what follows for an expression of its own. */
const TEMPLATE = /[$%]\{/;

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkHealthPath(healthPath: string, path: string): void {
  if (!Token.isUnresolved(healthPath) && (!HEALTH_PATH.test(healthPath) || healthPath.length > 1024)) {
    throw invalid({
      path,
      what: "this is not the path of an object",
      value: healthPath,
      allowed: "a slash and a key, without escapes, query string or dot segments",
      fix: 'write it as in "/storage-failover-health.txt"',
    });
  }
}

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkHealthBody(body: string, path: string): void {
  if (!Token.isUnresolved(body) && (!HEALTH_BODY.test(body) || TEMPLATE.test(body) || body.trim() === "")) {
    throw invalid({
      path,
      what: "a monitor cannot look for this text",
      value: body,
      allowed: "one line of 1 to 256 printable ASCII characters, without ${ and %{",
      fix: 'write it as in "storage-failover secondary is healthy"',
    });
  }
}
