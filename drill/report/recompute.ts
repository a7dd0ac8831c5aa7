import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const PROGRAM = join(__dirname, "recompute-process.ts");

/** Far more than the figures of the longest run. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * The figures of a log, computed by a program of its own that knows nothing but the log.
 *
 * @returns what it printed, parsed
 * @throws Error when it fails; its complaint goes to this process's error output
 */
export function recomputeSeparately(logPath: string): unknown {
  const loader = pathToFileURL(require.resolve("tsx")).href;
  const printed = execFileSync(process.execPath, ["--import", loader, PROGRAM, logPath], {
    encoding: "utf8",
    maxBuffer: MOST_BYTES,
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(printed);
}
