import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { CommanderError } from "commander";
import fc from "fast-check";
import { drillCommand } from "../../cli/commands/drill";
import { storeCommands } from "../../cli/commands/store-commands";
import { credentialVariables } from "../../cli/stores/side-credentials";
import { otherStore, STORE_NAMES, type StoreName } from "../../contract/stores";
import { readEdgePlan } from "../../drill/edge/read-edge-plan";
import { computeFigures } from "../../drill/evidence/figures";
import type { FailoverConfig } from "../../failover.config";
import { CLOUDFLARE_TOKEN_VARIABLE } from "../../operate/cloudflare/cloudflare-api";
import { mergeContracts, parseContracts } from "../../operate/dependencies/read-contracts";
import { EDGE_FACTS_FILE } from "../../operate/edge-facts";
import { FLIP_CHECKS } from "../../operate/flip/flip-request";
import { parseContacts } from "../../operate/runbook/contacts";
import { duration } from "../../operate/runbook/expectations";
import { measuredBy, measuredIn } from "../../operate/runbook/measured";
import {
  DeploymentUnreadableError,
  readDeployment,
  type SynthesizedStacks,
} from "../../operate/runbook/read-deployment";
import { type RunbookSource, renderRunbook } from "../../operate/runbook/render-runbook";
import { staleLines } from "../../operate/runbook/stale-lines";
import { synthesizeStacks } from "../../stacks/synthesize";
import { temporaryFolder } from "../lib/temporary-folder";
import { configWithAsset } from "../stacks/replicator-asset";
import { goodDrill } from "../support/drill-story";
import { type DeployedEdge, deployEdge, TOKEN } from "./support/deployed-edge";

const folder = temporaryFolder();
const contracts = mergeContracts(
  parseContracts(readFileSync("dependencies.yaml", "utf8"), "dependencies.yaml"),
  [],
);

function synthesized(activeProvider: StoreName, change: Partial<FailoverConfig> = {}): SynthesizedStacks {
  const outdir = mkdtempSync(join(folder, "out-"));
  const config = configWithAsset(outdir);
  const replication = { ...config.replication, ...change.replication };
  return synthesizeStacks({ activeProvider, config: { ...config, ...change, replication }, outdir });
}

let stacks: SynthesizedStacks;
let source: RunbookSource;
let deployed: DeployedEdge;

beforeAll(async () => {
  stacks = synthesized("primary");
  deployed = await deployEdge({ edgeStack: stacks.edge });
  source = { deployment: readDeployment(stacks), facts: deployed.facts, contracts };
});

afterAll(() => deployed.cloudflare.stop());

/** What is pasted into a shell, block by block. */
function blocks(runbook: string): readonly string[] {
  return [...runbook.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
}

/** Every call of our command line, in blocks and in running text. */
function calls(runbook: string): readonly string[] {
  const inline = [...runbook.matchAll(/`(storage-failover [^`]+)`/g)].map(([, call = ""]) => call);
  const lines = blocks(runbook).flatMap((block) => block.split("\n"));
  return [...inline, ...lines].filter((line) => /^storage-failover [a-z-]+/.test(line));
}

/** Why the command line would not take a call; undefined when it would. */
async function refusalOf(call: string): Promise<string | undefined> {
  const [name = "", ...words] = call.split(" ").slice(1);
  const command = [...storeCommands(), drillCommand()].find((one) => one.name() === name);
  if (command === undefined) return `${call}: no such command`;
  if (words.includes("--help")) return undefined;
  command
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
    .action(() => undefined);
  try {
    await command.parseAsync(words, { from: "user" });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return `${call}: ${error.message}`;
  }
}

describe("the runbook", () => {
  it("names commands and options that there are", async () => {
    const prefixed = { ...source, deployment: { ...source.deployment, stackPrefix: "images" } };
    const named = [...calls(renderRunbook(source)), ...calls(renderRunbook(prefixed))].filter(
      // What a health object says begins with the same word.
      (call) => !call.endsWith("is healthy"),
    );

    expect(named.length).toBeGreaterThan(20);
    const refused = await Promise.all([...new Set(named)].map(refusalOf));
    expect(refused.filter((one) => one !== undefined)).toEqual([]);
    expect(await refusalOf("storage-failover doctor --no-such-option")).toContain("unknown option");
    expect(await refusalOf("storage-failover drill --set yearly")).toContain("Allowed choices");
  });

  it("is the same whichever store is active, so that a flip does not make it stale", () => {
    expect(readDeployment(synthesized("secondary"))).toEqual(source.deployment);
  });

  it("tells the stores apart: what is named as the one's is not the other's", () => {
    const { primary, secondary } = source.deployment.stores;

    expect(primary).toMatchObject({
      bucket: "example-assets-primary",
      endpoint: "https://s3.eu-central-1.amazonaws.com",
      originHost: "example-assets-primary.s3.eu-central-1.amazonaws.com",
      poolName: "assets-example-com-primary",
    });
    expect(secondary).toMatchObject({
      bucket: "assets-standby",
      endpoint: "https://assets-standby.example.com",
      originHost: "assets-standby.example.com",
      poolName: "assets-example-com-secondary",
    });
  });

  it("gives one command to paste at each of the ways to flip", () => {
    const flips = blocks(renderRunbook(source)).filter((block) => block.includes("storage-failover flip"));

    expect(flips.length).toBeGreaterThan(4);
    expect(flips.filter((block) => block.trimEnd().includes("\n"))).toEqual([]);
  });

  it("says for every step what must be seen, how long it takes and how to get out", () => {
    const steps =
      renderRunbook(source).match(/^\*\*[34]\.\d+ [^\n]*\*\*\n[\s\S]*?(?=\n\*\*[34]\.|\n## )/gm) ?? [];

    expect(steps.length).toBeGreaterThan(10);
    for (const step of steps) {
      for (const part of ["- See: ", "- Takes: ", "- Back out: "]) expect(step).toContain(part);
    }
  });

  it("asks nothing of the primary or of AWS in a failover by the API", () => {
    const [, failover = ""] = renderRunbook(source).split(/^## 3\. .*$/m);
    const [section = ""] = failover.split(/^## /m);
    const commands = blocks(section)
      .filter((block) => !/--via (apply|config)/.test(block))
      .join("");

    expect(commands).toContain("--via api");
    expect(commands).not.toMatch(/aws |amazonaws|s3:|terraform|cdktf|git /);
  });

  it("says of every check of a flip what it means and when it may be overridden", () => {
    const [, below = ""] = renderRunbook(source).split("### When it refuses");
    const named = [...below.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, check]) => check);

    expect(named).toEqual(FLIP_CHECKS);
  });

  it("takes its thresholds from the plan", () => {
    const slow = synthesized("primary", {
      replication: { everyMinutes: 20, maximumLagMinutes: 90 },
      edge: { plan: "pro", checkRegions: ["WEU"], intervalSeconds: 120 },
    });
    const runbook = renderRunbook({ ...source, deployment: readDeployment(slow) });

    expect(runbook).toContain("Reads fail, for less than 2 min");
    expect(runbook).toContain("less than 1 h 30 min behind");
    expect(runbook).toContain("those of at most 20 min");
    expect(renderRunbook(source)).toContain("Reads fail, for less than 80 s");
    expect(renderRunbook(source)).toContain("less than 15 min behind");
  });

  it("says what it lacks, and never a word of JavaScript's", () => {
    const { deployment } = source;
    const bare = renderRunbook({
      contracts,
      deployment: {
        ...deployment,
        droplet: undefined,
        state: undefined,
        notified: [],
        accountId: undefined,
        zoneId: undefined,
        replication: { functionName: "f", alarms: [] },
      },
    });

    for (const lack of [
      "The ids are not known",
      "Never rehearsed",
      "nobody is named",
      "set notificationEmails",
    ]) {
      expect(bare).toContain(lack);
    }
    for (const runbook of [bare, renderRunbook(source)]) {
      expect(runbook).not.toMatch(/undefined|\[object|NaN|\$\{/);
    }
  });

  it("names the variables that the command line reads", () => {
    const { accessKeyId, secretAccessKey } = credentialVariables("secondary");
    for (const name of [accessKeyId, secretAccessKey, CLOUDFLARE_TOKEN_VARIABLE, EDGE_FACTS_FILE]) {
      expect(renderRunbook(source)).toContain(`\`${name}\``);
    }
  });

  it("names the variables that a plan of the edge cannot do without", () => {
    const withSecret = synthesized("primary", { useOriginSecret: true });
    const deployment = readDeployment(withSecret);

    expect(renderRunbook({ ...source, deployment })).toContain("`TF_VAR_origin_secret`");
    expect(renderRunbook(source)).not.toContain("TF_VAR_");
  });

  it("cannot be made of a plan that does not tell the host name, or a store", () => {
    for (const without of [
      { ...stacks, edge: {} },
      { ...stacks, replication: {} },
    ]) {
      expect(() => readDeployment(without)).toThrow(DeploymentUnreadableError);
    }
  });
});

describe("the way by hand", () => {
  it.each(STORE_NAMES)("flips to the %s by two requests, the marker first", async (active) => {
    const edge = await deployEdge({ edgeStack: synthesized(otherStore(active)).edge });
    try {
      const runbook = renderRunbook({ ...source, facts: edge.facts });
      const [, block = ""] = runbook.split(`To the ${active}:\n\n\`\`\`sh\n`);
      const requests = [...(block.split("```")[0]?.matchAll(/(https:\S+) \\\n {2}--data '(.*)'/g) ?? [])];

      expect(requests).toHaveLength(2);
      for (const [, url = "", body = ""] of requests) {
        const local = url.replace("https://api.cloudflare.com/client/v4/", edge.cloudflare.baseUrl);
        const answer = await fetch(local, {
          method: "PATCH",
          headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
          body,
        });
        expect(await answer.json()).toMatchObject({ errors: [], success: true });
      }
      expect(edge.cloudflare.changes.map((change) => change.split("/").at(-2))).toEqual([
        "dns_records",
        "load_balancers",
      ]);
      const plan = readEdgePlan(edge.cloudflare.stack());
      expect(plan.marker.content).toEqual({ active, writesPaused: false });
      expect(plan.defaultPools.map(({ origin }) => origin.name)).toEqual([active, otherStore(active)]);
      expect(plan.fallbackPool.origin.name).toBe(active);
    } finally {
      await edge.cloudflare.stop();
    }
  });
});

describe("what the last drill measured", () => {
  const report = {
    startedAt: "2026-01-02T03:04:05.000Z",
    passed: true,
    stores: { primary: { product: "LocalStack" }, secondary: { product: "MinIO" } },
    recovery: { dataPlaneSeconds: 61.4, controlPlaneSeconds: 300 },
    outages: [{ detectionSeconds: null }, { detectionSeconds: 55 }],
    rpo: { seconds: 33 },
    flips: [
      { planned: false, writesPausedSeconds: 900 },
      { planned: true, writesPausedSeconds: 400 },
    ],
  };

  it("is read from what a drill writes", () => {
    const figures = computeFigures(goodDrill().events);
    const { startedAt, recovery, rpo, outages, flips } = figures;

    expect(measuredBy(figures)).toEqual({
      startedAt,
      passed: expect.any(Boolean),
      stores: expect.any(String),
      readsSeconds: recovery?.dataPlaneSeconds,
      writesSeconds: recovery?.controlPlaneSeconds,
      detectionSeconds: Math.max(...outages.map(({ detectionSeconds }) => detectionSeconds ?? 0)),
      dataAtRiskSeconds: rpo?.seconds,
      writesPausedSeconds: flips.find(({ planned }) => planned)?.writesPausedSeconds,
    });
    expect(recovery?.dataPlaneSeconds).toEqual(expect.any(Number));
  });

  it("stands at the steps, and is kept in the runbook for whoever has no report", () => {
    const measured = measuredBy(report);
    const runbook = renderRunbook({ ...source, measured });

    expect(runbook).toContain("| at most 80 s | 61 s |");
    expect(runbook).toContain("last drill: 7 min");
    expect(runbook).toContain("Last drill: 2026-01-02, passed, stores: LocalStack and MinIO");
    expect(renderRunbook({ ...source, measured: measuredIn(runbook) })).toBe(runbook);
    expect(measuredIn(renderRunbook(source))).toBeUndefined();
  });

  it.each([{}, null, [], { startedAt: "today", passed: true }, { startedAt: report.startedAt }])(
    "is nothing in %j",
    (nonsense) => {
      expect(measuredBy(nonsense)).toBeUndefined();
    },
  );

  it("is said as a person would", () => {
    expect([0, 79.6, 119, 120, 5340, 5400, 7200].map(duration)).toEqual([
      "0 s",
      "80 s",
      "119 s",
      "2 min",
      "89 min",
      "1 h 30 min",
      "2 h",
    ]);
  });
});

describe("a stale runbook", () => {
  it("is told by the lines that differ, and a current one by none", () => {
    expect(staleLines("a\nb\nc\n", "a\nb\nc\n")).toEqual([]);
    expect(staleLines("a\nb\nc", "a\nB\nc\nd")).toEqual([
      { line: 2, was: "b", is: "B" },
      { line: 4, is: "d" },
    ]);
    expect(staleLines("a\nb\nc", "c")).toEqual([
      { line: 1, was: "a" },
      { line: 2, was: "b" },
    ]);
  });

  it("is never taken for a current one, and its lines make the one of the other", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 12 });
    const compared = fc.property(lines, lines, (was, is) => {
      const stale = staleLines(was.join("\n"), is.join("\n"));
      const [before, after] = [was.join("\n"), is.join("\n")];
      expect(stale.length === 0).toBe(before === after);
      const gone = stale.filter((one) => "was" in one).length;
      const came = stale.filter((one) => "is" in one).length;
      expect(before.split("\n").length - gone + came).toBe(after.split("\n").length);
    });
    fc.assert(compared, { seed: 6, numRuns: 300 });
  });
});

describe("roles", () => {
  it("come from a file that people write", () => {
    const contacts = parseContacts("decides: Ms Somebody, +00 1234\n", "runbook.contacts.yaml");
    const runbook = renderRunbook({ ...source, contacts });

    expect(runbook).toContain("| decides | Ms Somebody, +00 1234 |");
    expect(runbook).toContain("| flips | **nobody is named** |");
    expect(() => parseContacts("boss: me", "c.yaml")).toThrow(/^c\.yaml: .*boss.*; allowed: decides/);
    expect(() => parseContacts("decides: [", "c.yaml")).toThrow(/^c\.yaml: no YAML/);
  });
});
