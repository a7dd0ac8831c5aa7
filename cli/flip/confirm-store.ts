import { createInterface } from "node:readline/promises";
import type { StoreName } from "../../contract/stores";
import { RefusedError } from "../refused-error";

/**
 * Asks for the store's name, which nobody types by accident.
 *
 * @param input - where the person types @default process.stdin
 * @throws RefusedError when something else is typed, or nobody is there
 */
export async function confirmStore(
  to: StoreName,
  signal: AbortSignal,
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean } = process.stdin,
): Promise<void> {
  const what = `flip to ${to}`;
  if (input.isTTY !== true) {
    throw new RefusedError(what, [
      { reason: "nobody is here to agree to it", remedy: "to agree beforehand: --yes" },
    ]);
  }
  const dialogue = createInterface({ input, output: process.stderr });
  // A dialogue takes Ctrl-C for itself.
  dialogue.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    const answer = await dialogue.question(`\n   Type ${to} to go on: `, { signal });
    if (answer.trim() === to) return;
  } finally {
    dialogue.close();
  }
  throw new RefusedError(what, [{ reason: "it was not agreed to", remedy: `type ${to}, or use --yes` }]);
}
