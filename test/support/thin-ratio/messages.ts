/** From the test to the measuring process, once. */
export interface RatioQuestion {
  /** Base URL of the server. */
  readonly endpoint: string;
  /** Objects that each run of the client copies: fewer on the slow one, which takes most of the time. */
  readonly objects: { readonly thin: number; readonly sdk: number };
  /** Measured runs of each client. */
  readonly rounds: number;
}

/** Microseconds of processor time per copied object, by round. */
export interface RatioAnswer {
  readonly thin: readonly number[];
  readonly sdk: readonly number[];
}
