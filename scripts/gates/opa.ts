import { execFile } from "node:child_process";
import path from "node:path";
import { type CachedBuild, ensureBuilt, isBuilt } from "../../drill/local-cloud/build-cache";
import { isOnPath } from "../../drill/local-cloud/container-engine";
import { goBuild } from "../../drill/local-cloud/go-build";
import type { StartContext } from "../../drill/local-cloud/start-options";
import { runProgram } from "./run-program";

export const OPA_VERSION = "1.22.2";

/** The rules use Rego v1, which is the default from this major version on. */
const LEAST_MAJOR_VERSION = 1;

/** Folder of the rules. */
export const POLICY_FOLDER = path.resolve(__dirname, "..", "..", "policy");

/** The Open Policy Agent, built from source by the Go toolchain. */
function opaBuild(context: StartContext): CachedBuild {
  return goBuild(
    {
      name: "OPA",
      source: "github.com/open-policy-agent/opa",
      version: OPA_VERSION,
      usuallyTakes: "1 to 2 minutes",
    },
    context,
  );
}

/** An `opa` that runs; undefined where there is none and none can be built. */
export async function obtainOpa(context: StartContext): Promise<string | undefined> {
  if (await fits("opa", context)) {
    return "opa";
  }
  const build = opaBuild(context);
  if (!isBuilt(build) && !isOnPath("go", context.environment.PATH ?? "")) {
    return undefined;
  }
  await ensureBuilt(build, context);
  return path.join(build.folder, build.proof);
}

export const OPA_REMEDY = `install opa ${LEAST_MAJOR_VERSION}.0 or newer, or the Go toolchain, which builds it`;

function fits(opa: string, context: StartContext): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(opa, ["version"], { env: context.environment, timeout: 10_000 }, (error, stdout) => {
      const major = /^Version: (\d+)\./m.exec(stdout)?.[1];
      resolve(error === null && Number(major) >= LEAST_MAJOR_VERSION);
    });
  });
}

/** A broken rule as `policy/main.rego` and `policy/flip.rego` report it. */
export interface PolicyViolation {
  readonly rule: string;
  readonly address: string;
  readonly message: string;
}

/**
 * Judges many inputs in one run of OPA.
 *
 * @param rules the set of violations, as in `data.storage_failover.violations`
 * @returns for each input, in order, what it breaks
 */
export async function judge(
  opa: string,
  rules: string,
  inputs: readonly unknown[],
): Promise<readonly (readonly PolicyViolation[])[]> {
  const query = `[found | some plan in input.plans; found := ${rules} with input as plan]`;
  const output = await runProgram(
    opa,
    ["eval", "--data", POLICY_FOLDER, "--stdin-input", "--format", "raw", query],
    { input: JSON.stringify({ plans: inputs }) },
  );
  return JSON.parse(output) as readonly (readonly PolicyViolation[])[];
}
