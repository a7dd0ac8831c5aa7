import { execFileSync, spawnSync } from "node:child_process";

/**
 * What a program of this machine prints.
 *
 * @throws Error when it fails
 */
export function outputOf(program: string, words: readonly string[], cwd?: string): string {
  return execFileSync(program, words, { cwd, encoding: "utf8", stdio: "pipe" });
}

export function succeeds(program: string, words: readonly string[]): boolean {
  return spawnSync(program, words).status === 0;
}
