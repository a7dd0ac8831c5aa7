import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type FailoverConfig, failoverConfig } from "../../failover.config";

/** A configuration that has both stores created. */
export type CreatingConfig = FailoverConfig & Required<Pick<FailoverConfig, "primary" | "secondary">>;

/** The repository's own configuration, with a small file in the place of the replicator's zip. */
export function configWithAsset(folder: string, change: Partial<FailoverConfig> = {}): CreatingConfig {
  const assetPath = join(folder, "replicator.zip");
  writeFileSync(assetPath, "stands for the zip");
  return { ...failoverConfig, ...change, replication: { ...failoverConfig.replication, assetPath } };
}
