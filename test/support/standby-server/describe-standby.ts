import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, it } from "@jest/globals";
import { describeMissing } from "../describe-missing";
import type { StandbyPrograms } from "./programs";

/**
 * A suite over the provisioning of the secondary, run for real. Where a program cannot be had it is registered as
 * skipped, with the reason; with `REQUIRE_REAL_STORES=1` it fails instead.
 */
export function describeStandby(name: string, body: (programs: StandbyPrograms) => void): void {
  const found = findPrograms();
  if (typeof found !== "string") {
    describe(name, () => body(found));
  } else {
    describeMissing(name, "has the programs that it needs", found);
  }
}

/** Registers what cannot run here, with the reason in its name: Jest's own summary only counts. */
export function skipped(name: string, reason: string): void {
  process.stderr.write(`skipped: ${name}, because ${reason}\n`);
  describe(name, () => {
    it.skip(`skipped: ${reason}`, () => undefined);
  });
}

/** Jest wants to know its tests at once, without a promise: hence a process that is waited for. */
function findPrograms(): StandbyPrograms | string {
  if (process.platform !== "linux") {
    return "the droplet's scripts need Linux";
  }
  const { status, stdout } = spawnSync(
    process.execPath,
    ["--import", "tsx", require.resolve("./prepare-programs")],
    {
      cwd: path.resolve(__dirname, "..", "..", ".."),
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  if (status === 0) {
    return JSON.parse(stdout);
  }
  return stdout === "" ? `preparing the programs ended with status ${status}` : stdout;
}
