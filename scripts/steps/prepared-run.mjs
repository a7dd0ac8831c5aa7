import { fileURLToPath } from "node:url";
import { buildLambda } from "./build-lambda.mjs";
import { endChildrenWhenInterrupted, runCommand } from "./command.mjs";
import { install } from "./install.mjs";
import { createProgress } from "./progress.mjs";

/** Exit code when something that is needed could not be had. */
const NOT_REACHED = 3;

/**
 * Installs what is missing, builds the function, hands over to a TypeScript program and ends as it ends.
 *
 * @param {readonly string[]} program path below the repository, and its arguments
 */
export async function runPrepared(program) {
  const root = fileURLToPath(new URL("../..", import.meta.url));
  // With --json, standard output belongs to the one object that the program prints.
  const progress = createProgress(program.includes("--json") ? process.stderr : process.stdout);
  endChildrenWhenInterrupted(() => progress.interrupted());

  const steps = [
    ["install", install],
    ["function", buildLambda],
  ];
  for (const [name, body] of steps) {
    const result = await progress.step(name, (onLine) => body(root, onLine));
    if (result.outcome === "failed") {
      progress.print(result.output);
      process.exit(NOT_REACHED);
    }
  }
  const { code } = await runCommand(process.execPath, ["--import", "tsx", ...program], {
    cwd: root,
    inherit: true,
    // Its notice about Node versions of 2027 would stand in the middle of what the program shows.
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  });
  process.exit(code);
}
