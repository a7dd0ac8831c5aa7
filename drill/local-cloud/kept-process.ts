import type { ChildProcess } from "node:child_process";
import path from "node:path";
import { firstMessage, forkTypeScript, whenExited } from "../machine/typescript-child";
import type { KeeperMessage, KeepRequest } from "./keeper-messages";

export interface Exit {
  /** Exit status; null after a signal. */
  readonly code: number | null;
  readonly signal: string | null;
}

/** A foreign program that ends with this process, even when this process is killed. */
export interface KeptProcess {
  readonly pid: number;
  /** Resolves when the program has ended by itself or was ended; never rejects. */
  readonly exited: Promise<Exit>;
  /** Sends SIGTERM and, after the grace, SIGKILL; resolves when the program has ended. */
  end(graceSeconds: number): Promise<void>;
  /** SIGKILL to the program and its children. */
  kill(): Promise<void>;
}

/** @throws Error when the program cannot be started at all */
export async function keepProcess(request: KeepRequest): Promise<KeptProcess> {
  const keeper = forkTypeScript(path.join(__dirname, "keeper-process.ts"));
  // Listened for from the beginning: a program that ends at once must not be missed.
  const exited = exitOf(keeper);
  const started = firstMessage(keeper, `the keeper of ${request.file}`) as Promise<KeeperMessage>;
  keeper.send(request);
  const message = await started;
  if (message.type !== "started") {
    keeper.disconnect();
    await whenExited(keeper);
    throw new Error(
      `${request.file} could not be started${message.type === "failed" ? `: ${message.reason}` : ""}`,
    );
  }
  return new Kept(keeper, message.pid, exited);
}

class Kept implements KeptProcess {
  public readonly pid: number;
  public readonly exited: Promise<Exit>;
  private readonly keeper: ChildProcess;

  constructor(keeper: ChildProcess, pid: number, exited: Promise<Exit>) {
    this.keeper = keeper;
    this.pid = pid;
    this.exited = exited.then(async (exit) => {
      // The program is gone, so its keeper has nothing left to keep.
      keeper.kill("SIGKILL");
      await whenExited(keeper);
      return exit;
    });
  }

  public async end(graceSeconds: number): Promise<void> {
    this.signal("SIGTERM");
    let timer: NodeJS.Timeout | undefined;
    const graceOver = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceSeconds * 1000);
    });
    await Promise.race([this.exited, graceOver]);
    clearTimeout(timer);
    await this.kill();
  }

  public async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited;
  }

  private signal(signal: "SIGTERM" | "SIGKILL"): void {
    // The keeper lives as long as the program: while it does, the number belongs to no other process.
    if (this.keeper.exitCode === null && this.keeper.signalCode === null) {
      try {
        process.kill(-this.pid, signal);
      } catch {
        // Ended a moment ago; `exited` is about to say so.
      }
    }
  }
}

function exitOf(keeper: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    keeper.on("message", (message: KeeperMessage) => {
      if (message.type === "exited") {
        resolve(message);
      }
    });
    keeper.once("exit", () => resolve({ code: null, signal: "SIGKILL" }));
  });
}
