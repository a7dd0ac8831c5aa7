import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { strToU8, zipSync } from "fflate";
import { type BootstrapRequest, bootstrap } from "../../cli/bootstrap/bootstrap";
import { processSurroundings } from "../../cli/bootstrap/surroundings";
import { terraformProgramOf } from "../../cli/bootstrap/survey";
import { parseVersion } from "../../cli/bootstrap/terraform-version";
import type { WalkProgress } from "../../cli/bootstrap/walk-context";
import { STACK_NAMES } from "../../contract/stacks";

const { status, stdout } = spawnSync(terraformProgramOf(process.env), ["version"], {
  env: { ...process.env, CHECKPOINT_DISABLE: "1" },
  encoding: "utf8",
});
const here = parseVersion(stdout ?? "")?.platform ?? "";
const folder = mkdtempSync(join(tmpdir(), "bootstrap-real-test-"));
const own = { ...process.env };
let printed = "";
let complained = "";

beforeEach(() => {
  process.env.AWS_ACCESS_KEY_ID = "id";
  process.env.AWS_SECRET_ACCESS_KEY = "stands for a secret";
  printed = "";
  complained = "";
  jest.spyOn(process.stderr, "write").mockImplementation((text) => {
    complained += String(text);
    return true;
  });
});

afterEach(() => {
  jest.restoreAllMocks();
  process.env = { ...own };
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A project whose app writes these stacks, with their state in files beside the output. */
function projectOf(name: string, stack: (name: string) => Record<string, unknown>): string {
  const project = join(folder, name);
  mkdirSync(project, { recursive: true });
  const stacks = Object.fromEntries(
    STACK_NAMES.map((one) => {
      const { terraform = {}, ...more } = stack(one);
      const backend = { local: { path: `../../../terraform.${one}.tfstate` } };
      return [one, { terraform: { ...Object(terraform), backend }, ...more }];
    }),
  );
  writeFileSync(
    join(project, "app.cjs"),
    `const { mkdirSync, writeFileSync } = require("node:fs");
     const out = process.env.CDKTF_OUTDIR, stacks = ${JSON.stringify(stacks)};
     for (const [name, stack] of Object.entries(stacks)) {
       mkdirSync(out + "/stacks/" + name, { recursive: true });
       writeFileSync(out + "/stacks/" + name + "/cdk.tf.json", JSON.stringify(stack));
     }
     const entry = (name) => ({ workingDirectory: "stacks/" + name, synthesizedStackPath: "stacks/" + name + "/cdk.tf.json" });
     const entries = Object.fromEntries(Object.keys(stacks).map((name) => [name, entry(name)]));
     writeFileSync(out + "/manifest.json", JSON.stringify({ stacks: entries }));`,
  );
  writeFileSync(join(project, "cdktf.json"), '{"app": "node app.cjs"}');
  return project;
}

function run(
  project: string,
  only: "edge" | "mirror",
  environment: Readonly<Record<string, string>> = {},
  given: Pick<BootstrapRequest, "allowDestroy" | "pluginDir" | "platform"> = {},
): Promise<number> {
  const progress: WalkProgress = {
    work: (name) => ({
      update: () => {},
      done: (result) => {
        printed += `${name}: ${result}\n`;
      },
      fail: () => {},
    }),
    done: () => {},
  };
  const { TF_CLI_CONFIG_FILE: _mine, ...usual } = process.env;
  return bootstrap(
    { project, only, yes: true, wait: 1, enrollWords: [], ...given },
    { ...processSurroundings(), environment: { ...usual, CHECKPOINT_DISABLE: "1", ...environment } },
    progress,
    new AbortController().signal,
  );
}

/** Where Terraform itself is not installed, the stand-in of the other suites has to do. */
function describeWithTerraform(name: string, body: () => void): void {
  if (status === 0) describe(name, body);
  else describe.skip(`${name} (skipped: there is no terraform)`, body);
}

describeWithTerraform("bootstrap with Terraform itself", () => {
  const resource = (input: number, replace = 0) => ({
    resource: { terraform_data: { one: { input, triggers_replace: replace } } },
    output: { chosen: { value: input } },
  });

  it("applies what it planned, finds it done, changes it, and refuses to replace it", async () => {
    const project = projectOf("data", () => resource(1));
    expect(await run(project, "edge")).toBe(0);
    expect(printed).toContain("edge: plan: 1 to add, 0 to change, 0 to destroy");
    expect(readdirSync(project)).toContain("terraform.edge.tfstate");

    expect(await run(project, "edge")).toBe(0);
    expect(printed).toContain("edge: plan: nothing to do");

    projectOf("data", () => resource(2));
    expect(await run(project, "edge")).toBe(0);
    expect(printed).toContain("edge: plan: 0 to add, 1 to change, 0 to destroy");

    projectOf("data", () => resource(2, 1));
    expect(await run(project, "edge")).toBe(1);
    expect(complained).toContain("the plan destroys terraform_data.one");
    expect(await run(project, "edge", {}, { allowDestroy: true })).toBe(0);

    const left = readdirSync(join(project, ".storage-failover"));
    expect(left.sort()).toEqual([".gitignore", "bootstrap-edge.log", "bootstrap.json"]);
    expect(readFileSync(join(project, ".storage-failover", "bootstrap-edge.log"), "utf8")).toContain(
      "Apply complete! Resources: 1 added, 0 changed, 1 destroyed.",
    );
  });

  it("fills its mirror from a folder, locks it, and installs from it while the registry is out of reach", async () => {
    const required_providers = { cloudflare: { source: "cloudflare/cloudflare", version: "5.14.0" } };
    const project = projectOf("mirrored", () => ({ terraform: { required_providers } }));
    const pluginDir = join(project, "given");
    const packages = join(pluginDir, "registry.terraform.io", "cloudflare", "cloudflare");
    mkdirSync(packages, { recursive: true });
    // To be installed, a package has to be whole; it is not run.
    const zip = zipSync({ "terraform-provider-cloudflare_v5.14.0": strToU8("stands for a provider") });
    for (const platform of new Set([here, "linux_amd64", "linux_arm64"])) {
      writeFileSync(join(packages, `terraform-provider-cloudflare_5.14.0_${platform}.zip`), zip);
    }

    expect(await run(project, "mirror", {}, { pluginDir, platform: ["linux_amd64", "linux_arm64"] })).toBe(0);

    const own = join(project, ".storage-failover");
    expect(readFileSync(join(own, "bootstrap-mirror.log"), "utf8")).toMatch(
      /Installed cloudflare\/cloudflare v5\.14\.0/,
    );
    const stack = join(project, "cdktf.out", "stacks", "edge");
    expect(readFileSync(join(stack, ".terraform.lock.hcl"), "utf8")).toContain('version     = "5.14.0"');
    // What the edge is deployed with is not touched by the attempt.
    expect(readdirSync(stack)).not.toContain(".terraform");

    rmSync(join(own, "plugins"), { recursive: true });
    expect(await run(project, "mirror", {}, { pluginDir: join(project, "empty") })).toBe(1);
    expect(complained).toContain("cloudflare/cloudflare 5.14.0 linux_amd64");
  });

  it("says what Terraform says when the registry cannot be reached", async () => {
    const required_providers = { cloudflare: { source: "cloudflare/cloudflare", version: "5.14.0" } };
    const project = projectOf("offline", () => ({ terraform: { required_providers } }));
    const nowhere = "http://127.0.0.1:1";

    expect(await run(project, "mirror", { HTTPS_PROXY: nowhere, https_proxy: nowhere, NO_PROXY: "" })).toBe(
      3,
    );
    expect(complained).toMatch(/stopped at plugin mirror: .*providers mirror .*ended with status 1/);
    expect(complained).toContain("could not connect to registry.terraform.io");
  });
});
