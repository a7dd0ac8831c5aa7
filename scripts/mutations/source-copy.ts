import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Mutation, mutated } from "./mutation";

/** What is used as it is, and never written to. */
const SHARED = ["node_modules", ".cache"];

/** Made from the sources, and read by drills and by some tests. */
const BUILT = ["assets"];

/** The repository's files in a folder of their own, so that no mutation ever stands in the repository itself. */
export class SourceCopy {
  public readonly folder: string;

  /** @param root - the repository */
  constructor(root: string) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), "storage-failover-mutations-")));
    const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
      encoding: "utf8",
    });
    for (const file of [...listed.split("\0"), ...BUILT]) {
      if (file === "" || !existsSync(join(root, file))) continue;
      cpSync(join(root, file), join(this.folder, file), { recursive: true });
    }
    for (const name of SHARED) {
      if (existsSync(join(root, name))) symlinkSync(join(root, name), join(this.folder, name));
    }
  }

  /**
   * Does something while the guard is gone, and puts it back.
   *
   * @throws StaleMutationError
   */
  public async without<T>(mutation: Mutation, task: () => Promise<T>): Promise<T> {
    const path = join(this.folder, mutation.file);
    const source = readFileSync(path, "utf8");
    writeFileSync(path, mutated(source, mutation));
    try {
      return await task();
    } finally {
      writeFileSync(path, source);
    }
  }

  public remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
