import { execFile } from "node:child_process";
import path from "node:path";
import { type CachedBuild, isBuilt } from "./build-cache";
import { isOnPath } from "./container-engine";
import type { RouteFacts } from "./server-routes";
import type { StartContext } from "./start-options";

/** Newer releases need Python 3.12. */
export const LOCALSTACK_VERSION = "4.9.2";

/** What this release starts with: newer versions of these break it. */
const REQUIREMENTS = [
  `localstack-core[runtime]==${LOCALSTACK_VERSION}`,
  "cbor2<5.8",
  "pyopenssl>=25,<25.2",
  "cryptography<46",
  "service_identity",
];

const PYTHONS = ["python3.11", "python3.10", "python3", "python"];

/** Prints nothing and succeeds where LocalStack can be installed. */
const FITS = "import sys, venv, ensurepip; sys.exit(0 if (3, 10) <= sys.version_info[:2] < (3, 12) else 1)";

/** LocalStack in a virtual environment of its own. Runs without a container engine, as a plain process. */
export function localStackBuild(context: StartContext, python = PYTHONS[0] ?? "python3"): CachedBuild {
  return {
    name: "LocalStack",
    folder: path.join(context.cacheFolder, "localstack", LOCALSTACK_VERSION),
    proof: path.join("venv", "bin", "python"),
    usuallyTakes: "1 minute",
    build: async (folder, run) => {
      const environment = path.join(folder, "venv");
      await run({ file: python, arguments: ["-m", "venv", environment] });
      const install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", ...REQUIREMENTS];
      await run({ file: path.join(environment, "bin", "python"), arguments: install });
    },
  };
}

/** The first Python on the PATH that fits; undefined when none does. */
export async function findPython(context: StartContext): Promise<string | undefined> {
  for (const python of PYTHONS) {
    if (isOnPath(python, context.environment.PATH ?? "") && (await succeeds(python, context))) {
      return python;
    }
  }
  return undefined;
}

export async function localStackPackageRoute(context: StartContext): Promise<RouteFacts["packageRoute"]> {
  if (isBuilt(localStackBuild(context))) {
    return { ready: "built" };
  }
  return (await findPython(context)) === undefined
    ? {
        refused: `not built yet, and no Python 3.10 or 3.11 with venv is on the PATH (${PYTHONS.join(", ")})`,
      }
    : { ready: "buildable" };
}

function succeeds(python: string, context: StartContext): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(python, ["-c", FITS], { env: context.environment, timeout: 10_000 }, (error) => {
      resolve(error === null);
    });
  });
}
