import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { engines } from "../../package.json";
import { terraformProgramOf } from "../bootstrap/survey";
import { atLeast, parseVersion, versionProblem } from "../bootstrap/terraform-version";
import type { Check, Finding, Patient } from "./check";

const execute = promisify(execFile);

export const VERSION_CHECKS: readonly Check[] = [
  {
    id: "node",
    group: "versions",
    title: "Node is new enough",
    run: () => Promise.resolve(judgeNode(process.versions.node, engines.node)),
  },
  {
    id: "terraform",
    group: "versions",
    title: "Terraform is new enough, where a flip would go through it",
    run: checkTerraform,
  },
  {
    id: "server",
    group: "versions",
    title: "the standby's server is pinned",
    run: async (patient) => judgeServer(await patient.serverImage()),
  },
];

/** @param range - as in `>=20.19` */
export function judgeNode(version: string, range: string): Finding {
  const [, least = ""] = /^>=(.*)$/.exec(range) ?? [];
  if (atLeast(version, least)) return { status: "ok", found: `${version}, of ${range}` };
  return {
    status: "problem",
    found: `${version}; needed is ${range}`,
    fix: `install Node ${least} or newer`,
  };
}

async function checkTerraform({ environment, signal }: Patient): Promise<Finding> {
  const program = terraformProgramOf(environment);
  try {
    // Its own look at whether there is a newer one takes seconds where it gets no answer.
    const env = { ...environment, CHECKPOINT_DISABLE: "1" };
    const { stdout } = await execute(program, ["version"], { env, signal, timeout: 30_000 });
    const version = parseVersion(stdout);
    if (version === undefined) return { status: "skipped", found: `${program} does not say its version` };
    const problem = versionProblem(version);
    const found = `${version.product} ${version.version}`;
    return problem
      ? { status: "problem", found: problem.reason, fix: problem.remedy }
      : { status: "ok", found };
  } catch {
    signal.throwIfAborted();
    return {
      status: "skipped",
      found: `no ${program} here: flips go by --via config and --via api`,
    };
  }
}

export function judgeServer(image: string | undefined): Finding {
  if (image === undefined) {
    return { status: "skipped", found: "no plan here has a droplet; the server is somebody else's to watch" };
  }
  const [name = image, digest] = image.split("@");
  if (digest === undefined) {
    const fix = "name the image with its digest (serverImage), so that a rebuilt droplet is the same";
    return { status: "warning", found: `${name}, without a digest`, fix };
  }
  return { status: "ok", found: `${name}, by digest, as planned` };
}
