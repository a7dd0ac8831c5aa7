import { StoreError, type StoreErrorKind } from "./store-error";

/** Which request failed. */
export interface RequestDescription {
  /** S3 operation, as in `PutObject`. */
  readonly operation: string;
  readonly bucket: string;
  readonly key?: string | undefined;
}

export function storeError(
  kind: StoreErrorKind,
  message: string,
  request: RequestDescription,
  more: {
    readonly cause?: unknown;
    readonly code?: string | undefined;
    readonly demandsDigest?: boolean;
    readonly requestId?: string | undefined;
  } = {},
): StoreError {
  const where = request.key === undefined ? request.bucket : `${request.bucket}/${request.key}`;
  return new StoreError(`${request.operation} ${where}: ${message}`, { kind, ...request, ...more });
}

export function malformed(request: RequestDescription, message: string): StoreError {
  return storeError("malformed-answer", message, request);
}
