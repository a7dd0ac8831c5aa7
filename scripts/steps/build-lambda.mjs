import { npmCommand, runCommand } from "./command.mjs";

/** Builds the replicator's zip. Rebuilt every time: that takes less than finding out whether it is needed. */
export async function buildLambda(root, onLine) {
  const npm = npmCommand();
  const { code, output } = await runCommand(npm.command, [...npm.first, "run", "--silent", "build:lambda"], {
    cwd: root,
    onLine,
  });
  if (code !== 0) return { outcome: "failed", figure: `npm run build:lambda ended with ${code}`, output };
  const [figure] = output
    .trim()
    .split("\n")
    .at(-1)
    .split(/\s+sha256/);
  return { outcome: "passed", figure: figure || "assets/replicator.zip" };
}
