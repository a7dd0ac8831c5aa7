import type { RunProgress } from "../stage/progress";
import type { StoreKind } from "../stage/store-kind";

export interface DemoOptions {
  readonly stores: StoreKind;
  /** Folder to load instead of the example site and the generated objects. */
  readonly input?: string;
  /** Seconds of the real deployment that pass in one second here. */
  readonly speed: number;
  /** Fixes what is generated, read and written in which order. */
  readonly seed: number;
  /** Where report and event log go; created when missing. */
  readonly reportFolder: string;
  readonly progress: RunProgress;
  /** Aborted when the run has to end early; everything started is stopped first. */
  readonly signal: AbortSignal;
}
