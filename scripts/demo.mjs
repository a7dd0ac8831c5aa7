import "./steps/node-version.mjs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildLambda } from "./steps/build-lambda.mjs";
import { endChildrenWhenInterrupted, runCommand, wasInterrupted } from "./steps/command.mjs";
import { install } from "./steps/install.mjs";
import { createProgress } from "./steps/progress.mjs";

/** `npm run demo`: installs what is missing, builds the function, and hands over to `storage-failover demo`. */
const root = fileURLToPath(new URL("..", import.meta.url));
const args = process.argv.slice(2);

// With --json, standard output belongs to the one object that the demo prints.
const progress = createProgress(args.includes("--json") ? process.stderr : process.stdout);
endChildrenWhenInterrupted(() => progress.stop());

for (const [name, body] of [
  ["install", install],
  ["function", buildLambda],
]) {
  const result = await progress.step(name, (onLine) => body(root, onLine));
  if (wasInterrupted()) await new Promise(() => {});
  if (result.outcome === "failed") {
    progress.print(result.output);
    process.exit(3);
  }
}

const { code } = await runCommand(
  process.execPath,
  ["--import", "tsx", join("cli", "main.ts"), "demo", ...args],
  { cwd: root, inherit: true },
);
if (!wasInterrupted()) process.exit(code);
