import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { WrongUseError } from "../wrong-use-error";

/** Git in this folder, one command at a time. Nothing here touches the files of the work tree, or asks a remote. */
export class Git {
  constructor(private readonly folder: string) {}

  /** @throws WrongUseError with what git says */
  public async run(
    words: readonly string[],
    { input = "", environment = {} }: { input?: string; environment?: Readonly<Record<string, string>> } = {},
  ): Promise<string> {
    const child = spawn("git", words, {
      cwd: this.folder,
      env: { ...process.env, ...environment },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const code = new Promise<number | null>((resolve, reject) => {
      child.once("error", (error) => reject(new WrongUseError(`git cannot be run: ${error.message}`)));
      child.once("close", resolve);
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
    const [out, complaint, status] = await Promise.all([text(child.stdout), text(child.stderr), code]);
    if (status === 0) return out;
    throw new WrongUseError(`git ${words[0] ?? ""} failed: ${complaint.trim() || `status ${status}`}`);
  }

  /** A file of a commit; its path is from this folder. */
  public show(commit: string, file: string): Promise<string> {
    return this.run(["show", `${commit}:./${file}`]);
  }
}
