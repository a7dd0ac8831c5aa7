/** A server on a port of 127.0.0.1, whichever way it was obtained. */
export interface LocalServer {
  readonly port: number;
  readonly version: string;
  /** SIGKILL, or what stands for it. */
  kill(): Promise<void>;
  /** Starts again on the same port; resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and frees what it holds. Safe to call twice. */
  stop(): Promise<void>;
}
