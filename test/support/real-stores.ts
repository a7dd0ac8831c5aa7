import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe } from "@jest/globals";
import { describeMissing } from "./describe-missing";

export type RealStore = "minio" | "localstack";

/**
 * A suite that needs real servers. Where they cannot be had it is registered as skipped, with the reason in
 * its name; with `REQUIRE_REAL_STORES=1` it fails instead. What takes long the first time (building a server)
 * is done before, so that `startMinio` and `startLocalStack` fit into the time of a hook.
 */
export function describeReal(name: string, needs: readonly RealStore[], body: () => void): void {
  const missing = whyMissing(needs);
  if (missing === undefined) {
    describe(name, body);
  } else {
    describeMissing(name, `has the servers that it needs: ${needs.join(", ")}`, missing, body);
  }
}

/** Jest wants to know its tests at once, without a promise: hence a process that is waited for. */
function whyMissing(needs: readonly RealStore[]): string | undefined {
  const script = path.join(__dirname, "prepare-real-store.ts");
  const { status, stdout } = spawnSync(process.execPath, ["--import", "tsx", script, ...needs], {
    cwd: path.resolve(__dirname, "..", ".."),
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status === 0) {
    return undefined;
  }
  return stdout === "" ? `preparing ${needs.join(" and ")} ended with status ${status}` : stdout;
}
