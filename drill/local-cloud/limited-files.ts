import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { StoreDisk } from "./small-disk";

/**
 * Stands in for a full disk where none can be made: the system lets the process write no file past its first byte. The
 * store's writes fail as they do on a full disk, with another code; only Node's processes live through that.
 */
export class LimitedFiles implements StoreDisk {
  private limited = false;

  /** @param pid - of the process that runs now */
  constructor(private readonly pid: () => number | undefined) {}

  public fill(): Promise<void> {
    this.limited = true;
    return this.apply();
  }

  public makeRoom(): Promise<void> {
    this.limited = false;
    return this.apply();
  }

  /** For a process that has been started anew. @throws Error where there is no `prlimit` */
  public async apply(): Promise<void> {
    const limit = this.limited ? "0" : "unlimited";
    // The soft limit alone: an ordinary user may not raise the other one again.
    await promisify(execFile)("prlimit", ["--pid", String(this.pid()), `--fsize=${limit}:`]);
  }
}
