/** Entry of the edge's own process; `start-edge.ts` starts it and talks to it. */
import { errorReason } from "../machine/caught-error";
import { monotonicMilliseconds } from "../machine/clock";
import { watchMachineDelay } from "../workload/machine-delay";
import { EdgeEngine } from "./edge-engine";
import type { Command, FromEdge, Reply, ToEdge } from "./messages";

let engine: EdgeEngine | undefined;

function send(message: FromEdge, sent?: () => void): void {
  // The parent may have gone while a probe was under way; then nobody is left to tell.
  if (process.connected) process.send?.(message, undefined, undefined, () => sent?.());
}

async function carryOut(command: Command): Promise<Reply> {
  if (command.action === "start") {
    const { settings } = command;
    engine = new EdgeEngine(settings, (event) => send({ kind: "event", event }));
    watchMachineDelay({
      clock: () => monotonicMilliseconds() - settings.origin,
      emit: (delay) => send({ kind: "delay", delay }),
    });
    return { kind: "started", addresses: await engine.start() };
  }
  if (engine === undefined) throw new Error("the edge has not been started");
  switch (command.action) {
    case "apply-plan":
      engine.applyPlan(command.plan);
      return { kind: "done" };
    case "publish-marker":
      engine.publishMarker(command.marker);
      return { kind: "done" };
    case "set-pool":
      engine.setPool(command.name, { enabled: command.enabled });
      return { kind: "done" };
    case "set-order":
      engine.setOrder(command.order);
      return { kind: "done" };
    case "remove-address":
      engine.removeAddress(command.address);
      return { kind: "done" };
    case "restore-address":
      engine.restoreAddress(command.address);
      return { kind: "done" };
    case "pools":
      return { kind: "pools", pools: engine.pools() };
    case "stop":
      await engine.stop();
      return { kind: "done" };
  }
}

process.on("message", ({ number, command }: ToEdge) => {
  const last = command.action === "stop";
  void carryOut(command)
    .catch((error: unknown): Reply => ({ kind: "failed", reason: errorReason(error) }))
    .then((reply) => send({ kind: "reply", number, reply }, last ? () => process.disconnect() : undefined));
});

// Whatever ends the parent ends this process: the channel closes even after a SIGKILL.
process.on("disconnect", () => process.exit(0));

// Ctrl-C reaches the whole process group; the parent decides when the edge goes.
process.on("SIGINT", () => undefined);
