import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { exports as entryPoints } from "../../package.json";
import { isExported } from "./api-faults";
import { extractApi } from "./extracted-api";
import { propsPage } from "./props-page";

/** The package's entry points that have types, each with the name of its report. */
const LIBRARY = { name: "cdktf-storage-failover", types: entryPoints["."].types };
const WRITERS = { name: "writers", types: entryPoints["./writers"].types };

/** A file that follows from the public API, as it must be. */
export interface ApiDocument {
  /** Relative to the repository. */
  readonly file: string;
  readonly text: string;
}

export interface PublicApi {
  readonly documents: readonly ApiDocument[];
  /** What users would miss, a line each. */
  readonly faults: readonly string[];
  /** How many names there are to import. */
  readonly symbols: number;
}

/**
 * Reads the declarations that `npm run build` would publish.
 *
 * @param root - the repository
 * @throws Error when it does not compile
 */
export function readPublicApi(root: string): PublicApi {
  const cache = path.join(root, ".cache");
  mkdirSync(cache, { recursive: true });
  // Inside of the repository, since the declarations name the providers' types.
  const folder = mkdtempSync(path.join(cache, "public-api-"));
  try {
    writeDeclarations(root, path.join(folder, "dist"));
    return readDeclarations(root, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeDeclarations(root: string, outdir: string): void {
  const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc");
  const project = path.join(root, "tsconfig.build.json");
  try {
    execFileSync(process.execPath, [tsc, "-p", project, "--emitDeclarationOnly", "--outDir", outdir], {
      encoding: "utf8",
    });
  } catch (error) {
    const printed = error instanceof Error && "stdout" in error ? String(error.stdout).trim() : String(error);
    throw new Error(`the package does not compile\n${printed}`, { cause: error });
  }
}

function readDeclarations(root: string, folder: string): PublicApi {
  const library = extractApi({ root, folder, ...LIBRARY });
  const writers = extractApi({ root, folder, ...WRITERS });
  return {
    documents: [
      { file: `etc/${LIBRARY.name}.api.md`, text: library.report },
      { file: `etc/${WRITERS.name}.api.md`, text: writers.report },
      { file: "docs/props.md", text: propsPage(library.members, library.isConstructable) },
    ],
    faults: [...new Set([...library.faults, ...writers.faults])].sort(),
    symbols: [...library.members, ...writers.members].filter(isExported).length,
  };
}
