/** What went wrong with a request to a store, as far as the caller must know. */
export type StoreErrorKind =
  | "not-found"
  | "precondition-failed"
  | "throttled"
  | "access-denied"
  /** Only its head can be read, until somebody has it restored. */
  | "archived"
  | "clock-skew"
  | "unreachable"
  | "timeout"
  | "server-error"
  | "malformed-answer"
  | "refused";

const RETRYABLE: ReadonlySet<StoreErrorKind> = new Set([
  "throttled",
  "unreachable",
  "timeout",
  "server-error",
  "malformed-answer",
]);

export interface StoreErrorDetail {
  readonly kind: StoreErrorKind;
  /** S3 operation, as in `PutObject`. */
  readonly operation: string;
  readonly bucket: string;
  readonly key?: string;
  /** The server's own code, as in `NoSuchKey`. */
  readonly code?: string;
  /** The body has to be sent with its Content-MD5. @default false */
  readonly demandsDigest?: boolean;
  readonly requestId?: string;
  readonly cause?: unknown;
}

export class StoreError extends Error {
  public override readonly name = "StoreError";
  public readonly kind: StoreErrorKind;
  public readonly operation: string;
  public readonly bucket: string;
  public readonly key?: string;
  public readonly code?: string;
  public readonly demandsDigest: boolean;
  public readonly requestId?: string;

  constructor(message: string, detail: StoreErrorDetail) {
    super(message, { cause: detail.cause });
    this.kind = detail.kind;
    this.operation = detail.operation;
    this.bucket = detail.bucket;
    this.key = detail.key;
    this.code = detail.code;
    this.demandsDigest = detail.demandsDigest ?? false;
    this.requestId = detail.requestId;
  }

  /** Whether the same request may succeed when it is tried again. */
  public get retryable(): boolean {
    return RETRYABLE.has(this.kind);
  }
}
