import { invalid } from "../private/refusals";

const SIGNING_REGION = /^[a-z0-9]+(-[a-z0-9]+)*$/;

/**
 * @throws ConfigurationError VALUE_INVALID unless it is `https://host[:port]` and nothing more
 */
export function checkEndpoint(endpoint: string, path: string): void {
  const problem = endpointProblem(endpoint);
  if (problem !== undefined) {
    throw invalid({
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
    throw invalid({
      path,
      what: "this is not a region that requests can be signed for",
      value: region,
      allowed: "words of lower-case letters and digits, joined by hyphens",
      fix: 'use "auto" for R2, the store\'s own region, or "us-east-1" where it knows none',
    });
  }
}
