import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { formatFacts } from "../../operate/facts/facts-shape";
import { synthesizeStacks } from "../../stacks/synthesize";
import { temporaryFolder } from "../lib/temporary-folder";
import { type DeployedEdge, deployEdge, TOKEN } from "../operate/support/deployed-edge";
import { configWithAsset } from "../stacks/replicator-asset";
import { type CommandEnd, runCommand } from "../support/command-line";

const folder = temporaryFolder();
const runbook = join(folder, "RUNBOOK.md");
const factsFile = join(folder, "facts.json");
let plan: string;
let deployed: DeployedEdge;

beforeAll(async () => {
  plan = mkdtempSync(join(folder, "plan-"));
  const { edge } = synthesizeStacks({
    activeProvider: "primary",
    config: configWithAsset(plan),
    outdir: plan,
  });
  deployed = await deployEdge({ edgeStack: edge });
  writeFileSync(factsFile, formatFacts(deployed.facts));
  writeFileSync(join(folder, "contacts.yaml"), "decides: Ms Somebody\n");
});

afterAll(() => deployed.cloudflare.stop());

function made(...args: string[]): Promise<CommandEnd> {
  return runCommand([
    "runbook",
    ...["--synthesized", plan, "--facts", factsFile, "--contacts", join(folder, "contacts.yaml")],
    ...args,
  ]);
}

function checkedAtCloudflare(...args: string[]): Promise<CommandEnd> {
  const words = ["runbook", "--synthesized", plan, "--facts", factsFile, "--out", runbook, "--check"];
  const contacts = ["--contacts", join(folder, "contacts.yaml")];
  return runCommand([...words, ...contacts, ...args], {
    CLOUDFLARE_API_TOKEN: TOKEN,
    CLOUDFLARE_BASE_URL: deployed.cloudflare.baseUrl,
  });
}

describe("storage-failover runbook", () => {
  it("writes what --check then finds current, until the plan, a role or an id changes", async () => {
    expect(await made("--out", runbook)).toMatchObject({ code: 0, out: "" });
    const written = readFileSync(runbook, "utf8");
    expect(written).toContain(deployed.facts.loadBalancerId);
    expect(written).toContain("Ms Somebody");

    expect(await made("--check", "--out", runbook)).toMatchObject({
      code: 0,
      out: expect.stringContaining("is what would be written now"),
    });
    const current = await checkedAtCloudflare("--json");
    expect(JSON.parse(current.out)).toEqual({
      command: "runbook",
      outcome: "current",
      file: runbook,
      stale: [],
      gone: [],
    });

    writeFileSync(runbook, written.replace("Ms Somebody", "Mr Nobody"));
    const stale = await made("--check", "--out", runbook);
    expect(stale.code).toBe(1);
    expect(stale.out).toContain("- | decides | Mr Nobody |");
    expect(stale.out).toContain("+ | decides | Ms Somebody |");
    expect(stale.out).toContain(`→ storage-failover runbook --out ${runbook}`);
    writeFileSync(runbook, written);
  });

  it("finds an id that is gone from Cloudflare, without echoing the token", async () => {
    const changed = { ...deployed.facts, marker: { ...deployed.facts.marker, recordId: "a".repeat(32) } };
    writeFileSync(factsFile, formatFacts(changed));
    // Made of these facts, so that it is not stale.
    await made("--out", runbook);
    try {
      const { code, out, error } = await checkedAtCloudflare();

      expect(code).toBe(1);
      expect(out).toContain("is what would be written now");
      expect(out).toContain(`marker.recordId: ${"a".repeat(32)} is now ${deployed.facts.marker.recordId}`);
      expect(out + error).not.toContain(TOKEN);
    } finally {
      writeFileSync(factsFile, formatFacts(deployed.facts));
    }
  });

  it("ends with 3 where Cloudflare cannot be asked", async () => {
    await made("--out", runbook);
    deployed.cloudflare.setFault(() => ({ kind: "status", status: 403 }));
    const { code } = await checkedAtCloudflare();
    deployed.cloudflare.setFault(undefined);

    expect(code).toBe(3);
  });

  it("says what is wrong with what it was given", async () => {
    const ends = await Promise.all([
      made("--check", "--out", join(folder, "none.md")),
      runCommand(["runbook", "--synthesized", join(folder, "nowhere")]),
      made("--report", join(folder, "no-report")),
      made("--dependencies", join(folder, "no-contracts")),
    ]);

    expect(ends.map(({ code }) => code)).toEqual([2, 2, 2, 2]);
    const told = ends.map(({ error }) => error);
    expect(told[0]).toContain(`storage-failover runbook --out ${join(folder, "none.md")}`);
    expect(told[1]).toContain("npx cdktf synth");
    expect(told[2]).toContain("no report of a drill");
    expect(told[3]).toContain("no such file or folder");
  });
});

describe("storage-failover dependencies", () => {
  it("checks a team's own contracts with ours, and the providers of the plan", async () => {
    const own = join(folder, "orders.yaml");
    const contract = (need: string) =>
      `version: 1\ndependencies:\n  - { id: orders, title: orders, plane: data, provider: aws, neededBy: { flip-via-api: ${need} }, degrades: x, seen: x, quota: x, accepted: x, takenAway: { by: [primary-killed], as: [primary] } }\n`;
    const checked = () =>
      runCommand(["dependencies", "--check", "--json", "--synthesized", plan, "--dependencies", own]);
    const findings = ({ out }: CommandEnd) =>
      JSON.parse(out).findings.map(
        ({ rule, dependency }: { rule: string; dependency: string }) => `${rule} ${dependency}`,
      );

    writeFileSync(own, contract("hard"));
    const wrong = await checked();
    expect(wrong.code).toBe(1);
    expect(findings(wrong)).toEqual(["shared-fate orders"]);

    writeFileSync(own, contract("none"));
    const right = await checked();
    expect([right.code, findings(right)]).toEqual([0, []]);
    expect(JSON.parse(right.out).looked.requiredProviders).toEqual([
      "cloudflare/cloudflare",
      "digitalocean/digitalocean",
      "hashicorp/aws",
    ]);

    writeFileSync(own, contract("very"));
    const unusable = await checked();
    expect(unusable.code).toBe(2);
    expect(unusable.error).toContain(`${own}:3:`);
  });

  it("shows every contract to people", async () => {
    const { code, out } = await runCommand(["dependencies", "--synthesized", plan]);

    expect(code).toBe(0);
    expect(out).toContain("AWS Secrets Manager (secrets-manager)");
    expect(out).not.toContain("\u001b");
    expect(out).toMatch(/instead\s+the secondary/);
  });
});
