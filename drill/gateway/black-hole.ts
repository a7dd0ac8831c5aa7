import { once } from "node:events";
import { connect, type Socket } from "node:net";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { firstMessage, forkTypeScript, whenExited } from "../machine/typescript-child";
import type { BlackHoleReady, BlackHoleSettings } from "./black-hole-process";

/** On this machine a connection takes no time, where there is room for it. */
const FULL_MILLISECONDS = 500;

/** A port on which attempts to connect get no answer, as when packets are lost on the way. */
export interface BlackHole {
  /** Afterwards the port is free. */
  close(): Promise<void>;
}

/**
 * Makes the port of 127.0.0.1 a black hole, without privileges: its queue of connections that nobody accepts is full,
 * and Linux drops what comes to a full queue.
 *
 * @throws Error when the port is taken
 */
export async function openBlackHole(port: number): Promise<BlackHole> {
  const child = forkTypeScript(path.join(__dirname, "black-hole-process.ts"));
  const fillers: Socket[] = [];
  const close = async () => {
    child.kill("SIGKILL");
    await whenExited(child);
    for (const filler of fillers) filler.destroy();
  };
  try {
    const ready = firstMessage(child, `the black hole on port ${port}`);
    const settings: BlackHoleSettings = { port };
    child.send(settings);
    const { queued } = (await ready) as BlackHoleReady;
    while (fillers.length < queued) fillers.push(await fill(port));
    return { close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function fill(port: number): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  // It ends with the black hole.
  socket.on("error", () => socket.destroy());
  // Clients come meanwhile, and take places in the queue too: who gets no answer finds it full.
  await Promise.race([once(socket, "connect"), delay(FULL_MILLISECONDS)]);
  return socket;
}
