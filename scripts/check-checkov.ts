/** `npm run check:checkov`: every finding of Checkov in the synthesized stacks is mended, or skipped for a reason. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  CHECKOV_REMEDY,
  CHECKOV_SETTINGS,
  CHECKOV_VERSION,
  obtainCheckov,
  runCheckov,
} from "./gates/checkov";
import { faultsOf, skipsIn } from "./gates/checkov-skips";
import { type GateTools, runGate } from "./gates/gate";
import { synthesizeApps } from "./gates/synthesized-apps";

async function checkCheckov({ context, folder, done, wanting }: GateTools): Promise<string | undefined> {
  const checkov = await obtainCheckov(context);
  if (checkov === undefined) {
    return `Checkov cannot be had: ${CHECKOV_REMEDY}`;
  }
  const skips = skipsIn(await readFile(CHECKOV_SETTINGS, "utf8"));
  const apps = path.join(folder, "apps");
  const synthesized = await synthesizeApps(apps);

  const { passed, findings } = await runCheckov(checkov, apps, []);
  const stacks = synthesized.flatMap((app) => Object.keys(app.stacks)).length;
  done(`checkov ${CHECKOV_VERSION}: ${stacks} stacks, ${passed} checks passed, ${findings.length} did not`);
  for (const { check, reason } of skips) {
    done(`skipped ${check}, ${findings.filter((each) => each.check === check).length} times: ${reason}`);
  }
  const faults = faultsOf(findings, skips);
  faults.forEach(wanting);

  const planted = await plantedFindings(checkov, path.join(folder, "planted"));
  if (PLANTED_CHECKS.every((check) => planted.includes(check))) {
    done(`an open bucket that was planted is found: ${PLANTED_CHECKS.join(", ")}`);
  } else {
    wanting(`an open bucket that was planted is not found: checkov with ${CHECKOV_SETTINGS} judges nothing`);
  }
  if (faults.length === 0) {
    done("no unexplained finding");
  }
  return undefined;
}

/** Public ACLs and policies are not blocked. */
const PLANTED_CHECKS = ["CKV_AWS_53", "CKV_AWS_54", "CKV_AWS_55", "CKV_AWS_56"];

/** What Checkov finds with the settings of this repository in a stack that is open on purpose. */
async function plantedFindings(
  checkov: readonly [string, ...string[]],
  folder: string,
): Promise<readonly string[]> {
  const open = {
    resource: {
      aws_s3_bucket: { open: { bucket: "open" } },
      aws_s3_bucket_public_access_block: { open: { bucket: "open", block_public_acls: false } },
    },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "cdk.tf.json"), JSON.stringify(open, undefined, 2));
  const { findings } = await runCheckov(checkov, folder, ["--config-file", CHECKOV_SETTINGS]);
  return findings.map(({ check }) => check);
}

void runGate(checkCheckov);
