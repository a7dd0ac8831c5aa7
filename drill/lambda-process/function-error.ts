import type { ThrownError } from "./messages";

/**
 * An invocation without a result, named as Lambda names it: the class of what the function threw,
 * `Runtime.ImportModuleError` and `Runtime.HandlerNotFound` when it could not be loaded, `Sandbox.Timedout`
 * when it took too long, `Runtime.ExitError` when its process ended, and `TooManyRequestsException`
 * when it was busy with another invocation.
 */
export class FunctionError extends Error {
  public override readonly name = "FunctionError";
  public readonly errorType: string;
  public readonly errorMessage: string;
  /** The function's own stack, a line each. */
  public readonly trace: readonly string[];

  constructor({ errorType, errorMessage, trace }: ThrownError) {
    super(`${errorType}: ${errorMessage}`);
    this.errorType = errorType;
    this.errorMessage = errorMessage;
    this.trace = trace;
  }
}
