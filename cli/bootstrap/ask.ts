import { createInterface } from "node:readline/promises";
import { RefusedError } from "../refused-error";
import type { WalkContext } from "./walk-context";

/**
 * Asks a person before each thing that creates or costs something.
 *
 * @param input - where the person types @default process.stdin
 */
export function asking(
  yes: boolean,
  signal: AbortSignal,
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean } = process.stdin,
): WalkContext["confirm"] {
  return async (what, consequence) => {
    if (yes) return;
    if (input.isTTY !== true) {
      throw new RefusedError(what, [
        { reason: "nobody is here to agree to it", remedy: "to agree beforehand: --yes" },
      ]);
    }
    process.stderr.write(`\n   ${what}\n   ${consequence}\n`);
    const dialogue = createInterface({ input, output: process.stderr });
    // A dialogue takes Ctrl-C for itself.
    dialogue.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
    try {
      const answer = await dialogue.question("   Go on? [y/N] ", { signal });
      if (/^y(es)?$/i.test(answer.trim())) return;
    } finally {
      dialogue.close();
    }
    throw new RefusedError(what, [{ reason: "it was not agreed to", remedy: "answer y, or use --yes" }]);
  };
}
