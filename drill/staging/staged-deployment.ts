import type { StoreName } from "../../contract/stores";
import type { ObjectClient } from "../../lambda/s3/object-client";
import type { PoolView } from "./abort";

/** What may be asked of and done to a deployment that is drilled while it is in use; nothing else is ever done to it. */
export interface StagedDeployment {
  /** Host name that readers use. */
  readonly hostname: string;
  /** Where readers ask: `https://<hostname>`, or an edge on this machine. */
  readonly readersUrl: string;
  readonly pools: StagedPools;
  /** A client of the store, for its health object alone. Whoever opens it closes it. */
  readonly openStore: (store: StoreName) => Promise<ObjectClient>;
  /** Seconds that the standby is behind; undefined where it has no sync point. */
  readonly lagSeconds: (signal: AbortSignal) => Promise<number | undefined>;
}

/** Pools as Cloudflare's API has them. */
export interface StagedPools {
  read(signal: AbortSignal): Promise<Readonly<Record<StoreName, Omit<PoolView, "knownSeconds">>>>;
  /** Switches a pool on or off and nothing else, also when it is so already, and reads it back. */
  setEnabled(store: StoreName, enabled: boolean, signal: AbortSignal): Promise<void>;
}
