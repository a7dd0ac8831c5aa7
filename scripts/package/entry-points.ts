import path from "node:path";
import { failWith } from "./check";
import { CommandFailure, run } from "./command";
import type { Tarball } from "./tarball";

/** Whether the entry points lead to files that are there and are what they say; suggestions count. */
export async function checkPublint({ folder }: Tarball): Promise<string> {
  const { publint } = await import("publint");
  const { formatMessage } = await import("publint/utils");
  const { messages, pkg } = await publint({ pkgDir: folder, pack: false });
  failWith(messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code));
  return "no errors, warnings or suggestions";
}

interface AttwReport {
  readonly analysis: {
    readonly entrypoints: Readonly<
      Record<string, { readonly resolutions: Readonly<Record<string, unknown>> }>
    >;
  };
  readonly problems: Readonly<Record<string, readonly AttwProblem[]>>;
}

interface AttwProblem {
  readonly kind: string;
  readonly entrypoint?: string;
  readonly resolutionKind?: string;
}

/**
 * Whether types are found by every kind of importer, and are of the same kind of module as the code. No rule is left
 * out: the package is CommonJS throughout, and says so to everybody.
 */
export async function checkTypeResolution(root: string, tarball: Tarball): Promise<string> {
  const attw = path.join(
    path.dirname(require.resolve("@arethetypeswrong/cli/package.json")),
    "dist",
    "index.js",
  );
  const args = [attw, tarball.file, "--format", "json"];
  const { analysis, problems } = parseReport(
    await run(process.execPath, args, { cwd: root }).catch(outputOfFailure),
  );
  failWith(Object.values(problems).flat().map(inWords));
  const resolutions = Object.values(analysis.entrypoints).flatMap((found) => Object.keys(found.resolutions));
  return `${Object.keys(analysis.entrypoints).length} entry points, for ${[...new Set(resolutions)].join(", ")}`;
}

/** It ends with 1 where it found something, and tells what all the same. */
function outputOfFailure(error: unknown): string {
  if (!(error instanceof CommandFailure) || error.stdout === "") throw error;
  return error.stdout;
}

function parseReport(output: string): AttwReport {
  return JSON.parse(output);
}

function inWords({ kind, entrypoint = ".", resolutionKind = "all" }: AttwProblem): string {
  return `${kind} for ${entrypoint} with ${resolutionKind}`;
}
