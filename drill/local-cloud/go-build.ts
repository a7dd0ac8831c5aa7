import path from "node:path";
import type { CachedBuild } from "./build-cache";
import type { StartContext } from "./start-options";

/** A program that the Go toolchain builds from its module. */
export interface GoProgram {
  /** As people call it. */
  readonly name: string;
  /** Path of the package; its last part is the program's name. */
  readonly source: string;
  /** Without the `v` that Go puts before it. */
  readonly version: string;
  /** What a first build takes, for the progress line. */
  readonly usuallyTakes: string;
}

/** `go install` into a folder of the program and its version. */
export function goBuild(
  { name, source, version, usuallyTakes }: GoProgram,
  context: StartContext,
): CachedBuild {
  const program = path.posix.basename(source);
  return {
    name,
    folder: path.join(context.cacheFolder, program, version),
    proof: program,
    usuallyTakes,
    build: (folder, run) =>
      run({ file: "go", arguments: ["install", `${source}@v${version}`] }, { GOBIN: folder }),
  };
}
