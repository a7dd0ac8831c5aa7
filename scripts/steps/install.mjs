import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npmCommand, runCommand } from "./command.mjs";

/**
 * Installs the packages of package-lock.json, unless the last installation was made from the same file.
 *
 * Not `npm ci`: native tools bring a package for each platform, the lockfile names those that could be had where it was
 * made, and `npm ci` refuses to work anywhere until all are named. `npm install --no-save` takes every version that
 * the lockfile names, leaves the file alone, and adds what this platform needs.
 *
 * Without install scripts: none of the packages needs one to work, one of them would otherwise ask for a C++
 * compiler, and code that runs at installation is the easiest way into a build machine.
 *
 * @param {string} root the repository
 * @param {(line: string) => void} onLine npm's last line, to show that it is alive
 */
export async function install(root, onLine) {
  const wanted = fingerprint(root);
  if (wanted === stampOf(root)) return { outcome: "passed", figure: "packages unchanged since the last run" };

  const npm = npmCommand();
  const { code, output } = await runCommand(
    npm.command,
    [...npm.first, "install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund"],
    { cwd: root, onLine },
  );
  if (code !== 0) return { outcome: "failed", figure: `npm install ended with ${code}`, output };
  writeFileSync(stampPath(root), wanted);
  return { outcome: "passed", figure: output.match(/added \d+ packages/)?.[0] ?? "packages installed" };
}

/** Changes with the lockfile, and with what decides which prebuilt binaries are right. */
function fingerprint(root) {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .update(`${process.platform}-${process.arch}`)
    .digest("hex");
}

function stampOf(root) {
  try {
    return readFileSync(stampPath(root), "utf8");
  } catch {
    return undefined;
  }
}

/** Inside node_modules, so that removing the folder removes the claim that it is complete. */
function stampPath(root) {
  return join(root, "node_modules", ".installed-from-lockfile");
}
