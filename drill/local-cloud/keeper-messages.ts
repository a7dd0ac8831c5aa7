export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
}

/** From the starter to the keeper's process, once. */
export interface KeepRequest extends Command {
  readonly folder: string;
  /** The whole environment of the command. */
  readonly environment: Readonly<Record<string, string>>;
  /** Takes what the command prints, at its end. */
  readonly logFile: string;
  /** Run when the starter has died: ends what killing the command's process group does not reach. */
  readonly whenOrphaned?: Command;
}

/** From the keeper's process to the starter: the first message is `started` or `failed`. */
export type KeeperMessage =
  | { readonly type: "started"; readonly pid: number }
  | { readonly type: "failed"; readonly reason: string }
  | { readonly type: "exited"; readonly code: number | null; readonly signal: string | null };
