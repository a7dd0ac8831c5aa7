import type { StoreName } from "../../contract/stores";
import type { MarkerReader } from "../marker/marker-reader";
import type { ObjectClient } from "../s3/object-client";
import type { StoreError } from "../s3/store-error";
import type { AdmissionLimits } from "./admission";
import type { Clock } from "./clock";
import type { DeletePolicy } from "./delete-policy";
import type { CopyRecord } from "./report";

export interface RunOptions {
  readonly clients: Readonly<Record<StoreName, ObjectClient>>;
  readonly marker: MarkerReader;
  /** How long one reading of the marker may be acted on. */
  readonly holdMilliseconds: number;
  /** Time that the run may take; no key is begun later. */
  readonly budgetMilliseconds: number;
  /** Who runs, for the epoch journal. */
  readonly by: string;
  /** How much younger than the watermark an object may look, by the source's clock, and still be unchanged since. */
  readonly watermarkMarginMilliseconds: number;
  /** @default DEFAULT_LEASE_SECONDS */
  readonly leaseMilliseconds?: number;
  /** @default DEFAULT_DELETE_POLICY */
  readonly deletes?: DeletePolicy;
  readonly clock: Clock;
  readonly random: () => number;
  readonly limits?: AdmissionLimits;
  /** Told of each failure that another attempt follows. */
  readonly onRetry?: (error: StoreError) => void;
  /** @default - copies are counted only */
  readonly onCopied?: (record: CopyRecord) => void;
}
