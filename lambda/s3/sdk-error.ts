import { S3ServiceException } from "@aws-sdk/client-s3";
import { CredentialsError } from "./credentials-error";
import { demandsDigest } from "./digest-demand";
import { errorKind } from "./error-kind";
import { TransportError } from "./http-transport";
import { type RequestDescription, storeError } from "./request-failure";
import { StoreError } from "./store-error";

/** Names that the SDK gives an error when the server sent no code. */
const NO_CODE: ReadonlySet<string> = new Set(["Unknown", "UnknownError", "NotFound", "Error"]);

/** Whatever the SDK or the transport threw, as a StoreError. */
export function toStoreError(error: unknown, request: RequestDescription): StoreError {
  if (error instanceof StoreError) return error;
  if (error instanceof TransportError)
    return storeError(error.kind, error.message, request, { cause: error });
  const status = statusOf(error);
  if (error instanceof S3ServiceException && status !== undefined && status >= 300) {
    const code = NO_CODE.has(error.name) || /^\d+$/.test(error.name) ? undefined : error.name;
    const message = `${status} ${[code, error.message].filter(Boolean).join(": ")}`;
    // Without the SDK's error as its cause, which keeps every word of the answer: AWS repeats a request, session token
    // and all, when its signature is wrong.
    return storeError(errorKind(request.operation, status, code), message, request, {
      code,
      demandsDigest: demandsDigest(status, code, error.message),
      requestId: error.$metadata.requestId,
    });
  }
  if (error instanceof CredentialsError) {
    return storeError("access-denied", `no credentials could be had: ${error.message}`, request, {
      cause: error,
    });
  }
  if (error instanceof Error && error.name === "CredentialsProviderError") {
    return storeError("access-denied", "no credentials could be had", request, { cause: error });
  }
  if (status !== undefined) {
    // An answer whose body is no S3: a proxy's page, or cut off. The status alone still tells a refusal.
    const kind = status >= 300 ? errorKind(request.operation, status, undefined) : "malformed-answer";
    return storeError(kind, `${status}: the answer cannot be understood`, request);
  }
  if (isConnectionError(error)) return storeError("unreachable", error.message, request, { cause: error });
  return storeError("refused", error instanceof Error ? error.message : String(error), request, {
    cause: error,
  });
}

/** The answer's status, where the SDK left one on the error. */
function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null) return undefined;
  if ("$response" in error) {
    const response = error.$response;
    if (typeof response === "object" && response !== null && "statusCode" in response) {
      return typeof response.statusCode === "number" ? response.statusCode : undefined;
    }
  }
  const metadata: unknown = "$metadata" in error ? error.$metadata : undefined;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) return undefined;
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
}

function isConnectionError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^E[A-Z]+$/.test(error.code)
  );
}
