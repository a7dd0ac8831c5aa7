import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The commit that this code is, with `-dirty` when files differ from it; undefined where there is no repository. */
export async function repositoryCommit(): Promise<string | undefined> {
  const cwd = join(__dirname, "..", "..");
  try {
    const { stdout } = await run("git", ["describe", "--always", "--abbrev=40", "--exclude=*", "--dirty"], {
      cwd,
    });
    return stdout.trim();
  } catch {
    return undefined;
  }
}
