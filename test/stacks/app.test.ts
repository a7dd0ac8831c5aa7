import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { temporaryFolder } from "../lib/temporary-folder";

/** The app as the command of `cdktf.json`, in a process of its own. */
const folder = temporaryFolder();
const app = join(__dirname, "..", "..", "stacks", "app.ts");

function runApp(activeProvider: string, change: Record<string, string> = {}) {
  const { CDKTF_OUTDIR: _outdir, CDKTF_CONTEXT_JSON: _context, ...surroundings } = process.env;
  const environment = { ...surroundings, ACTIVE_PROVIDER: activeProvider, ...change };
  return spawnSync(process.execPath, ["--import", require.resolve("tsx"), app], {
    cwd: folder,
    env: environment,
    encoding: "utf8",
  });
}

describe("stacks/app.ts", () => {
  it("ends with 2 and one line for a wrong toggle, without a stack trace and without output", () => {
    const { status, stderr } = runApp("minio");

    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^ConfigurationError \[ACTIVE_PROVIDER_UNKNOWN\] at environment variable ACTIVE_PROVIDER: .*\n$/,
    );
    expect(existsSync(join(folder, "cdktf.out", "stacks", "edge", "cdk.tf.json"))).toBe(false);
  });

  it("writes the stacks and says that the environment overrides cdktf.json", () => {
    const { status, stderr } = runApp("secondary");

    expect(status).toBe(0);
    expect(stderr).toMatch(
      /^warning: environment variable ACTIVE_PROVIDER overrides the toggle: "secondary" instead of "primary"/,
    );
    expect(existsSync(join(folder, "cdktf.out", "stacks", "edge", "cdk.tf.json"))).toBe(true);
  });

  it.each([
    ["says so too where the output goes elsewhere", {}, /^warning: /],
    ["leaves that to the CDKTF CLI, which hands over a context", { CDKTF_CONTEXT_JSON: "{}" }, /^$/],
  ])("%s", (_behaviour, change, printed) => {
    const { status, stderr } = runApp("secondary", { CDKTF_OUTDIR: join(folder, "elsewhere"), ...change });

    expect(status).toBe(0);
    expect(stderr).toMatch(printed);
  });
});
