import { ConfigurationError, type ConfigurationProblem } from "../configuration-error";

/** Reserved characters beside `/` would be read as a query, a fragment or an escape. */
const HEALTH_PATH = /^(\/(?!\.\.?(\/|$))[A-Za-z0-9._~!$'()*,;=:@-]+)+$/;

/** Cloudflare looks for the expected body within the first 10 KB, and takes it as one line. */
const HEALTH_BODY = /^[\x20-\x7e]{1,256}$/;

const SIGNING_REGION = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/**
 * @throws ConfigurationError VALUE_INVALID unless it is `https://host[:port]` and nothing more
 */
export function checkEndpoint(endpoint: string, path: string): void {
  const problem = endpointProblem(endpoint);
  if (problem !== undefined) {
    refuse({
      path,
      what: problem,
      value: withoutPassword(endpoint),
      allowed: "https, a host name, and a port where it is not 443; no bucket, path, user or query",
      fix: 'write it as in "https://fra1.digitaloceanspaces.com"',
    });
  }
}

function endpointProblem(endpoint: string): string | undefined {
  if (!URL.canParse(endpoint)) {
    return "this is not a URL";
  }
  const url = new URL(endpoint);
  if (url.protocol !== "https:") {
    return "the endpoint is not reached over TLS, so that keys and data would travel openly";
  }
  if (url.origin !== endpoint) {
    return "the endpoint says more than where the store is, or says it in another form";
  }
  return undefined;
}

/** A URL may hold a password, which no message should repeat. */
function withoutPassword(endpoint: string): string {
  return endpoint.replace(/\/\/.*@/, "//(hidden)@");
}

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkSigningRegion(region: string, path: string): void {
  if (!SIGNING_REGION.test(region)) {
    refuse({
      path,
      what: "this is not a region that requests can be signed for",
      value: region,
      allowed: "words of lower-case letters and digits, joined by hyphens",
      fix: 'use "auto" for R2, the store\'s own region, or "us-east-1" where it knows none',
    });
  }
}

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkHealthPath(healthPath: string, path: string): void {
  if (!HEALTH_PATH.test(healthPath) || healthPath.length > 1024) {
    refuse({
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
  if (!HEALTH_BODY.test(body) || body.trim() === "") {
    refuse({
      path,
      what: "a monitor cannot look for this text",
      value: body,
      allowed: "one line of 1 to 256 printable ASCII characters",
      fix: 'write it as in "storage-failover secondary is healthy"',
    });
  }
}

function refuse(problem: Omit<ConfigurationProblem, "code">): never {
  throw new ConfigurationError({ code: "VALUE_INVALID", ...problem });
}
