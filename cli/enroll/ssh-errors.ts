/** No connection to the droplet came about; nothing was sent. */
export class SshUnreachableError extends Error {
  public override readonly name = "SshUnreachableError";
}

/** The server does not have the pinned key: it may be somebody else's. Nothing was sent. */
export class HostKeyError extends Error {
  public override readonly name = "HostKeyError";
}

/** A command on the droplet did not do what it should. Holds nothing of what was sent, or of what it answered. */
export class RemoteCommandError extends Error {
  public override readonly name = "RemoteCommandError";
}
