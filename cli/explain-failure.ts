import { ServerUnavailableError } from "../drill/local-cloud/server-unavailable-error";
import { FolderInputError } from "../drill/workload/folder-input";
import { DuplicateKeyError } from "../drill/workload/source-object";
import { EXIT } from "./exit-codes";
import { InterruptedError } from "./interruptible";

/** What a person is told of an error, and the exit code that says it to a pipeline. */
export function explainFailure(
  error: unknown,
  verbose: boolean,
): { readonly message: string; readonly exitCode: number } {
  const exitCode = exitCodeOf(error);
  if (exitCode === EXIT.interrupted) return { message: "interrupted; nothing is left running", exitCode };
  if (!(error instanceof Error)) return { message: `error: ${String(error)}`, exitCode };
  const detail = verbose ? `\n${error.stack}` : "";
  return { message: `error: ${error.message}${detail}`, exitCode };
}

function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return EXIT.interrupted;
  if (error instanceof FolderInputError || error instanceof DuplicateKeyError) return EXIT.wrongUse;
  if (error instanceof ServerUnavailableError) return EXIT.unreachable;
  return EXIT.wanting;
}
