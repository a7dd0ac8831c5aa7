import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type StartContext, startContext } from "../../drill/local-cloud/start-options";

/** Exit codes as everywhere in this project. */
const FOUND_WANTING = 1;
const NOT_REACHABLE = 3;

export interface GateTools {
  readonly context: StartContext;
  /** For output; removed at the end. */
  readonly folder: string;
  /** One line of what was done. */
  readonly done: (what: string) => void;
  /** One line of what was found wanting; the gate fails. */
  readonly wanting: (what: string) => void;
}

/**
 * Runs a gate and says how it ended, by its last line and by its exit code.
 *
 * @param judge undefined, or the reason for which nothing could be judged: that is a failure where the environment has
 * `REQUIRE_REAL_STORES=1`, and else a skipped gate
 */
export async function runGate(judge: (tools: GateTools) => Promise<string | undefined>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), "storage-failover-gate-"));
  let wanting = 0;
  try {
    const unjudged = await judge({
      context: startContext({ onProgress: (message) => console.log(` … ${message}`) }),
      folder,
      done: (what) => console.log(` ✔ ${what}`),
      wanting: (what) => {
        wanting += 1;
        console.log(` ✘ ${what}`);
      },
    });
    if (unjudged !== undefined) {
      const required = process.env.REQUIRE_REAL_STORES === "1";
      console.log(`${required ? " ✘" : " – skipped:"} ${unjudged}`);
      process.exitCode = required ? NOT_REACHABLE : 0;
      return;
    }
  } catch (error) {
    wanting += 1;
    console.log(` ✘ ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  if (wanting > 0) {
    process.exitCode = FOUND_WANTING;
  }
}
