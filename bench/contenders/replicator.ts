import { readFileSync } from "node:fs";
import { DEFAULT_WATERMARK_MARGIN_SECONDS } from "../../contract/environment";
import { systemClock } from "../../lambda/replicator/clock";
import { run } from "../../lambda/replicator/run";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { CONTENDER_VARIABLES, endpointOf, variable } from "./endpoints";

/**
 * One sweep, as the function makes it: state, lease, epoch and all. Only the marker is not asked of DNS; that
 * is two requests in 20 s.
 */
async function sweep(): Promise<void> {
  const report = await run({
    clients: { primary: clientOf("source"), secondary: clientOf("destination") },
    marker: { read: async () => ({ active: "primary", writesPaused: false }) },
    holdMilliseconds: 20_000,
    budgetMilliseconds: Number.MAX_SAFE_INTEGER,
    by: "bench",
    watermarkMarginMilliseconds: DEFAULT_WATERMARK_MARGIN_SECONDS * 1000,
    clock: systemClock,
    random: Math.random,
  });
  if (report.outcome === "clean") return;
  console.error(JSON.stringify(report, null, 2));
  process.exitCode = 1;
}

function clientOf(store: "source" | "destination"): ObjectClient {
  const implementation = variable(CONTENDER_VARIABLES.client);
  if (implementation !== "thin" && implementation !== "sdk") {
    throw new Error(`${CONTENDER_VARIABLES.client} is ${implementation}; allowed: thin, sdk`);
  }
  const { url, bucket, region, ...pair } = endpointOf(store);
  const certificates = process.env[CONTENDER_VARIABLES.certificates];
  return openObjectClient(implementation, {
    endpoint: url,
    bucket,
    region,
    addressStyle: "path",
    credentials: { current: async () => pair, afterRefusal: async () => undefined },
    ...(certificates !== undefined && { certificateAuthorities: readFileSync(certificates, "utf8") }),
  });
}

void sweep();
