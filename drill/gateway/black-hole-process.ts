import { createServer } from "node:net";

/** The black hole's own process: listens and then stands still, so that it accepts nobody. See `black-hole.ts`. */

export interface BlackHoleSettings {
  readonly port: number;
}

/** Sent once the port is listened on. */
export interface BlackHoleReady {
  /** Connections that fill the queue. */
  readonly queued: number;
}

/** The shortest queue that can be asked for. Linux holds one connection more than it was asked for. */
const BACKLOG = 1;

const LOOK_FOR_PARENT_MILLISECONDS = 500;

function standStill(): void {
  const parent = process.ppid;
  const never = new Int32Array(new SharedArrayBuffer(4));
  // Nothing that happens reaches a process that stands still, its parent's death included: it has to look.
  while (process.ppid === parent) Atomics.wait(never, 0, 0, LOOK_FOR_PARENT_MILLISECONDS);
  process.exit();
}

process.once("message", ({ port }: BlackHoleSettings) => {
  createServer().listen({ host: "127.0.0.1", port, backlog: BACKLOG }, () => {
    const ready: BlackHoleReady = { queued: BACKLOG + 1 };
    process.send?.(ready, standStill);
  });
});
process.on("SIGINT", () => undefined);
process.once("disconnect", () => process.exit());
