import type { BucketSize } from "./bucket-size";
import type { Volume } from "./volume";

export type FindingStatus = "ok" | "warning" | "problem" | "skipped";

/** What a check came to. */
export interface Finding {
  readonly status: FindingStatus;
  /** What was found, with figures. */
  readonly found: string;
  /** What would put it right, or make it possible to check; absent where nothing is to be done. */
  readonly fix?: string;
  /** The figures for machines, in bytes. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** What checks may ask for; each is found out once, when it is first asked for. */
export interface Patient {
  bucket(): Promise<BucketSize>;
  volume(): Promise<Volume>;
}

export interface Check {
  /** Stable, for `--json`. */
  readonly id: string;
  readonly title: string;
  run(patient: Patient): Promise<Finding>;
}

/** A check with what it came to. */
export type Checked = Pick<Check, "id" | "title"> & Finding;
