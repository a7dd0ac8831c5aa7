import { spawnSync } from "node:child_process";
import { cpus, release } from "node:os";

/** What the figures were made on. */
export interface Machine {
  readonly node: string;
  readonly platform: string;
  readonly kernel: string;
  readonly processor: string;
  readonly cores: number;
  /** The commit that was measured, with `-dirty` when files had changed. */
  readonly commit: string;
}

export function thisMachine(root: string): Machine {
  const git = spawnSync("git", ["describe", "--always", "--dirty", "--abbrev=12"], {
    cwd: root,
    encoding: "utf8",
  });
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    kernel: release(),
    processor: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    commit: git.status === 0 ? git.stdout.trim() : "unknown",
  };
}

export function describeMachine({ node, platform, kernel, processor, cores, commit }: Machine): string {
  return `Node ${node}, ${platform} (kernel ${kernel}), ${cores} × ${processor}, commit ${commit}`;
}
