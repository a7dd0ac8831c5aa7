import { execFile } from "node:child_process";
import path from "node:path";
import { type CachedBuild, ensureBuilt, isBuilt } from "../../drill/local-cloud/build-cache";
import { isOnPath } from "../../drill/local-cloud/container-engine";
import type { StartContext } from "../../drill/local-cloud/start-options";
import { runProgram } from "./run-program";

/** Other versions have other checks, so that what is explained for one would not do for another. */
export const CHECKOV_VERSION = "3.3.30";

/** Skipped checks with their reasons, also for a team's own pipeline. */
export const CHECKOV_SETTINGS = path.resolve(__dirname, "..", "..", ".checkov.yaml");

const PYTHONS = ["python3", "python3.12", "python3.11", "python3.10", "python"];

/** Prints nothing and succeeds where Checkov can be installed. */
const FITS = "import sys, venv, ensurepip; sys.exit(0 if (3, 9) <= sys.version_info[:2] <= (3, 13) else 1)";

export const CHECKOV_REMEDY = `install checkov ${CHECKOV_VERSION}, or Python 3.9 to 3.13 with venv and pip`;

/** Checkov in a virtual environment of its own. */
function checkovBuild(context: StartContext, python: string): CachedBuild {
  const program = path.join("venv", "bin", "checkov");
  return {
    name: "Checkov",
    folder: path.join(context.cacheFolder, "checkov", CHECKOV_VERSION),
    proof: program,
    usuallyTakes: "1 to 2 minutes",
    build: async (folder, run) => {
      const environment = path.join(folder, "venv");
      await run({ file: python, arguments: ["-m", "venv", environment] });
      const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
      await run({
        file: path.join(environment, "bin", "python"),
        arguments: [...install, `checkov==${CHECKOV_VERSION}`],
      });
    },
  };
}

/** How to call Checkov: a program and its first arguments; undefined where it cannot be had. */
export async function obtainCheckov(
  context: StartContext,
): Promise<readonly [string, ...string[]] | undefined> {
  if ((await outputOf("checkov", ["--version"], context))?.trim() === CHECKOV_VERSION) {
    return ["checkov"];
  }
  const python = await findPython(context);
  const build = checkovBuild(context, python ?? "");
  if (!isBuilt(build) && python === undefined) {
    return undefined;
  }
  await ensureBuilt(build, context);
  // By its Python: the scripts of a virtual environment name the folder in which it was made.
  const bin = path.join(build.folder, "venv", "bin");
  return [path.join(bin, "python"), path.join(bin, "checkov")];
}

async function findPython(context: StartContext): Promise<string | undefined> {
  for (const python of PYTHONS) {
    if (
      isOnPath(python, context.environment.PATH ?? "") &&
      (await outputOf(python, ["-c", FITS], context)) !== undefined
    ) {
      return python;
    }
  }
  return undefined;
}

function outputOf(file: string, args: readonly string[], context: StartContext): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(file, args, { env: context.environment, timeout: 60_000 }, (error, stdout) => {
      resolve(error === null ? stdout : undefined);
    });
  });
}

/** A check that a resource did not pass. */
export interface Finding {
  readonly check: string;
  /** What Checkov says of the check. */
  readonly title: string;
  /** File below the folder, then the resource. */
  readonly place: string;
}

export interface CheckovVerdict {
  readonly passed: number;
  readonly findings: readonly Finding[];
}

/**
 * Runs every check over a folder, offline.
 *
 * @param settings arguments such as `--config-file`
 * @throws Error when Checkov read no file: then it has judged nothing
 */
export async function runCheckov(
  [program, ...first]: readonly [string, ...string[]],
  folder: string,
  settings: readonly string[],
): Promise<CheckovVerdict> {
  const args = [
    "--directory",
    folder,
    "--framework",
    "terraform_json",
    "--output",
    "json",
    "--skip-download",
  ];
  const output = await runProgram(program, [...first, ...args, ...settings], {
    expectedCodes: [0, 1],
    folder,
  });
  const report = JSON.parse(output) as CheckovReport;
  if (report.results === undefined || report.summary.parsing_errors > 0) {
    throw new Error(`checkov could not read the plans in ${folder}\n${output}`);
  }
  return {
    passed: report.summary.passed,
    findings: report.results.failed_checks.map(({ check_id, check_name, file_path, resource }) => ({
      check: check_id,
      title: check_name,
      place: `${file_path.replace(/^\//, "")} ${resource}`,
    })),
  };
}

/** The part of Checkov's JSON output that is read; without `results` where it found no file. */
interface CheckovReport {
  readonly results?: {
    readonly failed_checks: readonly {
      readonly check_id: string;
      readonly check_name: string;
      readonly file_path: string;
      readonly resource: string;
    }[];
  };
  readonly summary: { readonly passed: number; readonly parsing_errors: number };
}
