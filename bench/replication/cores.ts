import { readFileSync } from "node:fs";
import { isOnPath } from "../../drill/local-cloud/container-engine";

/** Words before a command that keep it on one processor core; empty where that cannot be done. */
export interface Cores {
  readonly measured: readonly string[];
  readonly servers: readonly string[];
  /** Why nothing is pinned. */
  readonly refused?: string;
}

/** One core for the program that is measured, another one for the servers. Needs Linux, `taskset` and two cores. */
export function chooseCores(searchPath: string): Cores {
  const none = (refused: string): Cores => ({ measured: [], servers: [], refused });
  if (process.platform !== "linux") return none(`${process.platform} cannot keep a program on one core`);
  if (!isOnPath("taskset", searchPath)) return none("taskset (util-linux) is not installed");
  const [first, second] = allowedCores(readFileSync("/proc/self/status", "utf8"));
  if (first === undefined || second === undefined) return none("there is only one core");
  return { measured: ["taskset", "-c", String(first)], servers: ["taskset", "-c", String(second)] };
}

/** The cores that this process may use, from the line `Cpus_allowed_list: 0-1,4`. */
export function allowedCores(status: string): readonly number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
  return (list?.split(",") ?? []).flatMap((range) => {
    const [from, upto] = range.split("-").map(Number);
    if (from === undefined || Number.isNaN(from)) return [];
    return Array.from({ length: (upto ?? from) - from + 1 }, (_, index) => from + index);
  });
}
