/** From the starter to the function's process: one event. */
export interface Invocation {
  readonly requestId: string;
  readonly event: unknown;
  /** Milliseconds from now after which the invocation is ended. */
  readonly timeoutMilliseconds: number;
}

/** As Lambda reports what a function threw. */
export interface ThrownError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** From the function's process to the starter: `ready` or `init-failed` once, then one outcome for each invocation. */
export type ProcessMessage =
  | { readonly type: "ready" }
  | { readonly type: "init-failed"; readonly error: ThrownError }
  | { readonly type: "returned"; readonly requestId: string; readonly result: unknown }
  | { readonly type: "threw"; readonly requestId: string; readonly error: ThrownError };

/**
 * Ends an invocation's output on both streams. Output and messages travel separately; this says that the
 * last line has arrived. A NUL is in no log line.
 */
export function endOfOutput(requestId: string): string {
  return `\0end of ${requestId}\0`;
}
