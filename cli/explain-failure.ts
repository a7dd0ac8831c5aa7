import { ServerUnavailableError } from "../drill/local-cloud/server-unavailable-error";
import { ReportFolderError } from "../drill/report/report-folder";
import { NotMendedError } from "../drill/staging/not-mended-error";
import { FolderInputError } from "../drill/workload/folder-input";
import { DuplicateKeyError } from "../drill/workload/source-object";
import { MarkerUnreadableError } from "../lambda/marker/marker-reader";
import { DirectionLostError } from "../lambda/replicator/direction-guard";
import { StoreReplacedError } from "../lambda/replicator/epoch";
import { RetriesExhaustedError } from "../lambda/replicator/retry";
import { StateMalformedError } from "../lambda/replicator/state-object";
import { StoreError } from "../lambda/s3/store-error";
import { CloudflareRefusedError, CloudflareUnreachableError } from "../operate/cloudflare/cloudflare-errors";
import { FactsMalformedError, FactsMissingError } from "../operate/facts/facts-errors";
import { InterruptedRotationError } from "./enroll/interrupted-rotation-error";
import { VaultError } from "./enroll/pair-vault";
import { SshUnreachableError } from "./enroll/ssh-errors";
import { EXIT } from "./exit-codes";
import { InterruptedError } from "./interruptible";
import { RefusedError } from "./refused-error";
import { WrongUseError } from "./wrong-use-error";

type ErrorClass = abstract new (...parameters: never[]) => Error;

/** Whatever is in no list was found wanting. */
const EXIT_CODES: readonly (readonly [number, readonly ErrorClass[]])[] = [
  [EXIT.interrupted, [InterruptedError]],
  [
    EXIT.wrongUse,
    [
      WrongUseError,
      ReportFolderError,
      FolderInputError,
      DuplicateKeyError,
      FactsMissingError,
      FactsMalformedError,
    ],
  ],
  [
    EXIT.unreachable,
    [
      ServerUnavailableError,
      StoreError,
      RetriesExhaustedError,
      MarkerUnreadableError,
      DirectionLostError,
      StateMalformedError,
      StoreReplacedError,
      SshUnreachableError,
      VaultError,
      CloudflareUnreachableError,
      CloudflareRefusedError,
      NotMendedError,
    ],
  ],
];

/** What a person is told of an error, and the exit code that says it to a pipeline. */
export function explainFailure(
  error: unknown,
  verbose: boolean,
): { readonly message: string; readonly exitCode: number } {
  const exitCode = exitCodeOf(error);
  if (error instanceof InterruptedRotationError)
    return { message: `interrupted; ${error.message}`, exitCode };
  if (exitCode === EXIT.interrupted) return { message: "interrupted; nothing is left running", exitCode };
  if (!(error instanceof Error)) return { message: `error: ${String(error)}`, exitCode };
  if (error instanceof RefusedError) return { message: error.message, exitCode };
  const detail = verbose ? `\n${error.stack}` : "";
  return { message: `error: ${error.message}${detail}`, exitCode };
}

function exitCodeOf(error: unknown): number {
  const known = EXIT_CODES.find(([, classes]) => classes.some((one) => error instanceof one));
  return known?.[0] ?? EXIT.wanting;
}
