import type { StoreErrorKind } from "./store-error";

const KIND_BY_CODE: Readonly<Record<string, StoreErrorKind>> = {
  NoSuchKey: "not-found",
  NoSuchVersion: "not-found",
  NoSuchUpload: "not-found",
  PreconditionFailed: "precondition-failed",
  // Another conditional write to the key was in flight: like 412, the caller must look at the key again.
  ConditionalRequestConflict: "precondition-failed",
  SlowDown: "throttled",
  SlowDownRead: "throttled",
  SlowDownWrite: "throttled",
  Throttling: "throttled",
  ThrottlingException: "throttled",
  TooManyRequests: "throttled",
  TooManyRequestsException: "throttled",
  RequestLimitExceeded: "throttled",
  BandwidthLimitExceeded: "throttled",
  RequestTimeTooSkewed: "clock-skew",
  RequestExpired: "clock-skew",
  RequestTimeout: "timeout",
  AccessDenied: "access-denied",
  // Answered with 403, and yet no matter of rights: the object lies in GLACIER or DEEP_ARCHIVE.
  InvalidObjectState: "archived",
  // Answered with 400.
  ExpiredToken: "access-denied",
  InvalidToken: "access-denied",
  // These come without a status of their own too: in a batch, and in the body of a completed upload's 200.
  InternalError: "server-error",
  ServiceUnavailable: "server-error",
  InvalidPart: "refused",
  InvalidPartOrder: "refused",
  EntityTooSmall: "refused",
  // The body was cut or changed on its way; the next attempt may arrive whole.
  IncompleteBody: "unreachable",
};

/**
 * What an answer that is no success means to the caller.
 *
 * @param operation - S3 operation, as in `GetObject`
 * @param code - the server's own code; absent on a HEAD, which has no body
 */
export function errorKind(operation: string, status: number, code: string | undefined): StoreErrorKind {
  const known = code === undefined ? undefined : KIND_BY_CODE[code];
  if (known !== undefined) return known;
  // A bucket that is missing is a wrong configuration, and must never read as an absent object.
  if (code === "NoSuchBucket") return "refused";
  // What the request names is a delete marker.
  if (status === 405 && /^(Get|Head|PutObjectTagging)/.test(operation)) return "not-found";
  if (status === 404) return "not-found";
  if (status === 403 || status === 401) return "access-denied";
  if (status === 412 || status === 409) return "precondition-failed";
  if (status === 429) return "throttled";
  // The answer to a HEAD has no body that could say SlowDown; asking for less is right in any case.
  if (status === 503 && operation.startsWith("Head")) return "throttled";
  if (status === 408) return "timeout";
  if (status >= 500 && status !== 501) return "server-error";
  return "refused";
}
