import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { CHECKOV_VERSION } from "../../scripts/gates/checkov";
import { OPA_VERSION } from "../../scripts/gates/opa";
import { exampleFile } from "./synthesize-example";

/** What the workflows of examples/pipeline promise. That GitHub accepts them is for actionlint to say, by hand. */
const WORKFLOWS = ["plan.yml", "apply-edge.yml"] as const;
type Workflow = (typeof WORKFLOWS)[number];

function textOf(workflow: Workflow): string {
  return exampleFile("pipeline", join(".github", "workflows", workflow));
}

/** The part of a YAML mapping below a key, by indentation; what a key says on its own line comes first. */
function below(text: string, key: string, indent: number): string {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.startsWith(`${" ".repeat(indent)}${key}:`));
  if (start < 0) return "";
  const length = lines.slice(start + 1).findIndex((line) => /\S/.test(line) && line.search(/\S/) <= indent);
  return [
    (lines[start] ?? "").slice(indent + key.length + 1).trim(),
    ...lines.slice(start + 1, length < 0 ? undefined : start + 1 + length),
  ]
    .join("\n")
    .trim();
}

function jobsOf(workflow: Workflow): ReadonlyMap<string, string> {
  const jobs = below(textOf(workflow), "jobs", 0);
  const names = [...`  ${jobs}`.matchAll(/^ {2}([\w-]+):$/gm)].map(([, name]) => name ?? "");
  return new Map(names.map((name) => [name, below(`  ${jobs}`, name, 2)]));
}

function job(workflow: Workflow, name: string): string {
  return jobsOf(workflow).get(name) ?? "";
}

/** As in `contents: read, id-token: write`, without comments. */
function permissionsOf(text: string): string {
  return below(text, "permissions", 4)
    .replaceAll(/^\s*#.*$/gm, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(", ");
}

describe.each(WORKFLOWS)("examples/pipeline: %s", (workflow) => {
  const text = textOf(workflow);

  it("permits nothing by itself, and bash to end at the first failure", () => {
    expect(below(text, "permissions", 0)).toBe("{}");
    expect(below(text, "defaults", 0)).toMatch(/run:\s+shell: bash/);
  });

  it("pins each action by version or commit, and each tool", () => {
    const used = [...text.matchAll(/uses: (\S+)/g)].map(([, action]) => action ?? "");

    expect(used.length).toBeGreaterThan(1);
    expect(used.filter((action) => !/^[\w-]+\/[\w-]+@(v\d+|[0-9a-f]{40})$/.test(action))).toEqual([]);
    expect(text).not.toMatch(/-latest\b/);
    for (const [, version] of text.matchAll(/terraform_version: (.*)/g)) {
      expect(version).toMatch(/^1\.\d+\.\d+$/);
    }
  });

  it("gives each job a time limit", () => {
    for (const [name, steps] of jobsOf(workflow)) {
      expect([name, steps]).toEqual([name, expect.stringMatching(/timeout-minutes: \d+/)]);
    }
  });

  it("shows no secret: each is handed over by the environment, never written into a command", () => {
    const commands = text.split("\n").filter((line) => line.includes("${{ secrets."));

    expect(commands.length).toBeGreaterThan(2);
    for (const line of commands) {
      expect(line).toMatch(/^ +[A-Z_]+: \$\{\{ .*secrets\.[A-Z0-9_]+.* \}\}$/);
    }
    expect(text).not.toMatch(/set -x|echo .*(PASSPHRASE|KEY|TOKEN)/);
  });

  it("leaves no credentials of GitHub's behind in a checkout", () => {
    const checkouts = text.match(/uses: actions\/checkout@/g)?.length;

    expect(text.match(/persist-credentials: false/g)?.length).toBe(checkouts);
  });

  it("names files that there are, here or in this repository", () => {
    const named = ["policy", ".checkov.yaml", "cdktf.json", "flip-alone.sh"].filter((file) =>
      text.includes(file),
    );
    const places = [".", join("examples", "pipeline")];

    expect(named.filter((file) => !places.some((place) => existsSync(join(place, file))))).toEqual([]);
  });
});

describe("examples/pipeline: a pull request", () => {
  const text = textOf("plan.yml");

  it("is synthesized once; everything else works on what came out", () => {
    expect(below(text, "on", 0)).toBe("pull_request:\n    branches: [main]");
    expect(job("plan.yml", "synthesize")).toMatch(/run: npx cdktf synth[\s\S]*name: synthesized/);
    for (const name of ["policy", "plan"]) {
      expect(job("plan.yml", name)).toContain("name: synthesized");
      expect(job("plan.yml", name)).not.toContain("cdktf synth");
    }
  });

  it("is judged by the rules and by Checkov, in the versions that this repository uses", () => {
    const versions = [...text.matchAll(/setup-opa@v2\n(?:\s+if: .*\n)?\s+with:\n\s+version: (.*)/g)];

    expect(versions.map(([, version]) => version)).toEqual([OPA_VERSION, OPA_VERSION, OPA_VERSION]);
    expect(job("plan.yml", "policy")).toContain(`checkov==${CHECKOV_VERSION} `);
    expect(job("plan.yml", "policy")).toContain("--config-file .checkov.yaml");
    expect(job("plan.yml", "plan")).toContain("needs: [synthesize, policy, flip-alone]");
  });

  it("that flips is compared with what it is merged into, and fails if more than a flip changes", () => {
    const guard = job("plan.yml", "flip-alone");

    expect(guard).toContain("git worktree add --detach ../before HEAD^1");
    expect(guard).toContain("run: ./flip-alone.sh ../before/cdktf.out cdktf.out");
    expect(exampleFile("pipeline", "flip-alone.sh")).toContain(
      "--fail-defined 'data.storage_failover.flip.violations[_].message'",
    );
  });

  it("is planned by tokens that may read, and not from forks", () => {
    const plan = job("plan.yml", "plan");
    const secrets = new Set([...plan.matchAll(/secrets\.([A-Z0-9_]+)/g)].map(([, name]) => name));

    expect(plan).toContain("if: github.event.pull_request.head.repo.full_name == github.repository");
    expect([...secrets].filter((name) => !/_READ_|^PLAN_PASSPHRASE$/.test(name ?? ""))).toEqual([]);
    expect(plan).toContain("stack: [primary, secondary, replication, edge]");
    expect(plan).not.toContain("terraform apply");
  });

  it("may be commented on by one job, which has no other right and no secret", () => {
    const writers = [...jobsOf("plan.yml")].filter(([, steps]) => steps.includes("pull-requests: write"));

    expect(writers.map(([name]) => name)).toEqual(["comment"]);
    expect(permissionsOf(job("plan.yml", "comment"))).toBe("pull-requests: write");
    expect(job("plan.yml", "comment")).not.toContain("secrets.");
    expect(job("plan.yml", "comment")).toContain("stack: [primary, secondary, replication, edge]");
  });

  it("keeps the edge's plan only, encrypted and for days", () => {
    const kept = [...text.matchAll(/uses: actions\/upload-artifact@v4\n([\s\S]*?)(?=\n {6}- |\n {2}\S|$)/g)];

    expect(kept).toHaveLength(4);
    for (const [, upload] of kept) {
      expect(Number(/retention-days: (\d+)/.exec(upload ?? "")?.[1])).toBeLessThanOrEqual(5);
      expect(upload).not.toMatch(/path: .*tfplan/);
    }
    expect(text).toMatch(/gpg .*--symmetric/);
    // Terraform's JSON holds secret values in the clear.
    expect(text.match(/show -json.*\n?.*/g)?.every((command) => /\|/.test(command))).toBe(true);
    expect(text).not.toMatch(/show -json.*>/);
  });
});

describe("examples/pipeline: a merge", () => {
  const text = textOf("apply-edge.yml");
  const apply = job("apply-edge.yml", "apply");

  it("applies a saved plan of the edge, and plans nothing", () => {
    expect(below(text, "on", 0)).toBe("push:\n    branches: [main]");
    expect(text.match(/terraform (apply|plan|destroy).*/g)).toEqual([
      "terraform apply -input=false -no-color tfplan",
    ]);
    expect(text).toContain("terraform init -input=false -no-color -lockfile=readonly");
    expect(text).not.toMatch(/DIGITALOCEAN|AWS_|auto-approve/);
  });

  it("applies nothing where somebody has flipped past the configuration, and lets npm see no secret", () => {
    const guard = job("apply-edge.yml", "guard");

    expect(guard).toContain("run: npx storage-failover guard");
    expect(guard).toContain("fetch-depth: 2");
    expect(guard).not.toContain("secrets.");
    expect(apply).toContain("needs: [find, guard]");
    expect(apply).not.toContain("npm ");
  });

  it("waits for the environment's reviewers, and for another apply", () => {
    expect(apply).toContain("environment: edge");
    expect(apply).toMatch(/concurrency:\s+group: apply-edge\s+cancel-in-progress: false/);
    expect(permissionsOf(apply)).toBe("actions: read");
  });

  it("finds the plan by the tree it was made from, in the merged pull request's own run", () => {
    const find = job("apply-edge.yml", "find");

    expect(find).toContain("git rev-parse 'HEAD^{tree}'");
    expect(find).toContain(".workflow_run.head_repository_id == .workflow_run.repository_id");
    expect(find).toContain('.workflow_run.head_sha == \\"$head\\"');
    expect(find).not.toContain("secrets.");
    expect(job("plan.yml", "plan")).toContain("name: edge-plan-${{ needs.synthesize.outputs.tree }}");
  });

  it("needs no secret but those that the README lists, and the README lists no other", () => {
    const used = [...(textOf("plan.yml") + text).matchAll(/(?:secrets|vars)\.([A-Z0-9_]+)/g)].map(
      ([, name]) => name ?? "",
    );
    const listed = [...exampleFile("pipeline", "README.md").matchAll(/`([A-Z][A-Z0-9_]+)`/g)].map(
      ([, name]) => name ?? "",
    );

    expect([...new Set(listed)].sort()).toEqual([...new Set(used)].sort());
  });
});
