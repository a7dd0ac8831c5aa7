import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { StoreCredentials } from "../../../contract/credentials";
import { S3Refusal } from "./s3-refusal";

export interface SignedRequest {
  readonly method: string;
  /** Decoded. */
  readonly path: string;
  /** Decoded names and values, in any order. */
  readonly query: readonly (readonly [string, string])[];
  readonly headers: IncomingHttpHeaders;
}

/** How far a request's time may be from ours. */
const GREATEST_SKEW_MILLISECONDS = 15 * 60 * 1000;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/s3\/aws4_request,\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})$/;

/**
 * Checks a Signature Version 4 in the `Authorization` header.
 *
 * @param now - milliseconds since 1970
 * @throws S3Refusal when the request is not signed with these credentials for this region
 */
export function checkSignature(
  request: SignedRequest,
  credentials: StoreCredentials,
  region: string,
  now: number,
): void {
  const match = AUTHORIZATION.exec(request.headers.authorization ?? "");
  if (match === null) {
    throw new S3Refusal(400, "AuthorizationHeaderMalformed", "only Signature Version 4 is understood");
  }
  const [, accessKeyId = "", day = "", signedRegion = "", signedHeaders = "", signature = ""] = match;
  if (accessKeyId !== credentials.accessKeyId) {
    throw new S3Refusal(403, "InvalidAccessKeyId", "the access key id does not exist");
  }
  if (signedRegion !== region) {
    throw new S3Refusal(
      400,
      "AuthorizationHeaderMalformed",
      `the region ${signedRegion} is wrong; expecting ${region}`,
    );
  }
  const names = signedHeaders.split(";");
  if (!names.includes("host")) {
    throw new S3Refusal(403, "SignatureDoesNotMatch", "the Host header is not signed");
  }
  const time = headerValue(request.headers, "x-amz-date");
  if (!time.startsWith(day) || !(Math.abs(parseTime(time) - now) <= GREATEST_SKEW_MILLISECONDS)) {
    throw new S3Refusal(403, "RequestTimeTooSkewed", "the request's time is too far from the server's");
  }
  const scope = `${day}/${region}/s3/aws4_request`;
  const hash = createHash("sha256").update(canonicalRequest(request, names)).digest("hex");
  const key = [day, region, "s3", "aws4_request"].reduce<Buffer>(
    (derived, text) => hmac(derived, text),
    Buffer.from(`AWS4${credentials.secretAccessKey}`),
  );
  const expected = hmac(key, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash}`);
  if (!timingSafeEqual(expected, Buffer.from(signature, "hex"))) {
    throw new S3Refusal(403, "SignatureDoesNotMatch", "the signature does not match the request");
  }
}

function canonicalRequest(request: SignedRequest, names: readonly string[]): string {
  const query = request.query
    .map(([name, value]) => `${uriEncode(name)}=${uriEncode(value)}`)
    .sort()
    .join("&");
  const headers = names.map((name) => `${name}:${headerValue(request.headers, name)}\n`).join("");
  const path = request.path.split("/").map(uriEncode).join("/");
  const payload = headerValue(request.headers, "x-amz-content-sha256");
  return [request.method, path, query, headers, names.join(";"), payload].join("\n");
}

/** Node reads header bytes as Latin-1; what was signed is UTF-8. */
function headerValue(headers: IncomingHttpHeaders, name: string): string {
  const value = [headers[name] ?? ""].flat().join(",");
  return Buffer.from(value, "latin1").toString("utf8").trim().replace(/\s+/g, " ");
}

/** `20260131T235959Z` in milliseconds since 1970; NaN for anything else. */
function parseTime(time: string): number {
  return Date.parse(time.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function uriEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
