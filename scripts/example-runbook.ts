import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { failoverConfig } from "../failover.config";
import { mergeContracts, parseContracts } from "../operate/dependencies/read-contracts";
import type { EdgeFacts } from "../operate/edge-facts";
import { readDeployment } from "../operate/runbook/read-deployment";
import { renderRunbook } from "../operate/runbook/render-runbook";
import { synthesizeStacks } from "../stacks/synthesize";

/** Ids as Cloudflare would give them; the example is deployed nowhere. */
const facts: EdgeFacts = {
  version: 1,
  checkedAt: "2026-01-01T00:00:00.000Z",
  hostname: failoverConfig.hostname,
  accountId: failoverConfig.accountId,
  zoneId: failoverConfig.zoneId,
  loadBalancerId: "2".repeat(32),
  marker: { recordId: "3".repeat(32), name: `_storage-failover.${failoverConfig.hostname}`, ttlSeconds: 60 },
  pools: {
    primary: { id: "4".repeat(32), name: "assets-example-com-primary", monitorId: "5".repeat(32) },
    secondary: { id: "6".repeat(32), name: "assets-example-com-secondary", monitorId: "7".repeat(32) },
  },
};

/** Of the repository's own configuration, as `storage-failover runbook` writes it; nobody has rehearsed it. */
export function exampleRunbook(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "example-runbook-"));
  try {
    const assetPath = path.join(folder, "replicator.zip");
    // Only its hash would be in the plan.
    writeFileSync(assetPath, "stands for the zip");
    const config = { ...failoverConfig, replication: { ...failoverConfig.replication, assetPath } };
    const stacks = synthesizeStacks({ activeProvider: "primary", config, outdir: folder });
    const root = path.join(__dirname, "..");
    const own = parseContracts(
      readFileSync(path.join(root, "dependencies.yaml"), "utf8"),
      "dependencies.yaml",
    );
    return renderRunbook({
      deployment: readDeployment(stacks),
      facts,
      contacts: {
        decides: "whoever leads the incident",
        flips: "on call for the platform",
        writers: "on call for the programs that write",
        tells: "the incident's scribe",
      },
      contracts: mergeContracts(own, []),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
