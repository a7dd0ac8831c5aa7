import { createInterface } from "node:readline/promises";
import type { StoreName } from "../../contract/stores";
import { RefusedError } from "../refused-error";

/**
 * Asks for the store's name, which nobody types by accident.
 *
 * @param input - where the person types @default process.stdin
 * @throws RefusedError when something else is typed, or nobody is there
 */
export function confirmStore(to: StoreName, signal: AbortSignal, input?: Keyboard): Promise<void> {
  return confirmText(to, `flip to ${to}`, signal, input);
}

type Keyboard = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/**
 * Asks for a text of which it was said what it stands for.
 *
 * @param what - is to be agreed to, as in `flip to secondary`
 * @throws RefusedError as above
 */
export async function confirmText(
  expected: string,
  what: string,
  signal: AbortSignal,
  input: Keyboard = process.stdin,
): Promise<void> {
  if (input.isTTY !== true) {
    throw new RefusedError(what, [
      { reason: "nobody is here to agree to it", remedy: "to agree beforehand: --yes" },
    ]);
  }
  const dialogue = createInterface({ input, output: process.stderr });
  // A dialogue takes Ctrl-C for itself.
  dialogue.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    const answer = await dialogue.question(`\n   Type ${expected} to go on: `, { signal });
    if (answer.trim() === expected) return;
  } finally {
    dialogue.close();
  }
  throw new RefusedError(what, [
    { reason: "it was not agreed to", remedy: `type ${expected}, or use --yes` },
  ]);
}
