import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { readAllContracts } from "../../cli/dependencies/read-all-contracts";
import { readScenarioFacts, scenarioFacts } from "../../cli/dependencies/scenario-facts";
import type { Scenario } from "../../drill/scenario/schema";
import type { Step } from "../../drill/scenario/step-schema";
import {
  checkDependencies,
  DEPENDENCY_RULES,
  type DependencyCheck,
  type DependencyRule,
  type ScenarioFacts,
} from "../../operate/dependencies/check-dependencies";
import type { Contracts, Dependency } from "../../operate/dependencies/contract";
import { contractsTable, takenAwayBy } from "../../operate/dependencies/contracts-table";
import { mergeContracts, parseContracts } from "../../operate/dependencies/read-contracts";

const ours = parseContracts(readFileSync("dependencies.yaml", "utf8"), "dependencies.yaml");
const contracts = mergeContracts(ours, []);
const requiredProviders = ["cloudflare/cloudflare", "digitalocean/digitalocean", "hashicorp/aws"];

/** Scenarios that take away whatever a contract says they do. */
const obliging: readonly ScenarioFacts[] = contracts.dependencies.flatMap(({ takenAway }) =>
  (takenAway?.by ?? []).map((id) => ({
    id,
    faultTargets: contracts.dependencies.flatMap(({ takenAway: one }) =>
      one?.by.includes(id) && one.as !== "absent" ? one.as : [],
    ),
    flips: true,
  })),
);

function found(changed: Partial<DependencyCheck>): readonly string[] {
  const check = { contracts, scenarios: obliging, requiredProviders, ...changed };
  return checkDependencies(check).map(({ rule, dependency }) => `${rule} ${dependency}`);
}

/** Ours with one entry changed. */
function changed(id: string, change: Partial<Dependency>): Contracts {
  const dependencies = contracts.dependencies.map((one) => (one.id === id ? { ...one, ...change } : one));
  expect(dependencies).not.toEqual(contracts.dependencies);
  return { ...contracts, dependencies };
}

describe("our contracts", () => {
  it("let every flip do without what it recovers from, and take away each dependency in a drill", async () => {
    const scenarios = await readScenarioFacts();

    expect(scenarios?.length).toBeGreaterThan(0);
    expect(checkDependencies({ contracts, scenarios, requiredProviders })).toEqual([]);
  });

  it("are what a program without files of its own reads", async () => {
    expect(await readAllContracts([])).toEqual(contracts);
  });

  it("are a table for reports, with one row each", () => {
    const { columns, rows } = contractsTable(contracts);

    expect(rows).toHaveLength(contracts.dependencies.length);
    expect(rows.every((row) => row.length === columns.length && row.every((cell) => cell !== ""))).toBe(true);
    const [store] = rows.filter(([title]) => title === "the primary, Amazon S3");
    expect(store?.[3]).toContain("flip-via-api to-primary");
    expect(store?.[3]).not.toContain("to-secondary");
  });

  it("are those of what a scenario takes away, for its report", () => {
    const titles = takenAwayBy("dns-lost", contracts).dependencies.map(({ title }) => title);

    expect(titles).toEqual(["DNS records of the origins"]);
    expect(takenAwayBy("of-somebody", contracts).dependencies).toEqual([]);
  });
});

describe("the check of contracts finds", () => {
  const fallback = { is: "something", provider: "workstation" };

  const planted: readonly (readonly [DependencyRule, string, Contracts])[] = [
    [
      "shared-fate",
      "secrets-manager",
      changed("secrets-manager", { neededBy: { "flip-via-api": "hard" }, fallback }),
    ],
    ["shared-fate", "volume", changed("volume", { neededBy: { "flip-via-apply": "hard" }, fallback })],
    // HashiCorp runs on AWS: a fate that is shared at second hand.
    [
      "shared-fate",
      "terraform-registry",
      changed("terraform-registry", { neededBy: { "flip-via-apply": "hard" } }),
    ],
    ["fallback-missing", "cloudwatch", changed("cloudwatch", { fallback: undefined })],
    [
      "fallback-missing",
      "cloudwatch",
      changed("cloudwatch", { fallback: { is: "Slack", provider: "slack" } }),
    ],
    [
      "fallback-shared-fate",
      "primary-store",
      changed("primary-store", { fallback: { is: "x", provider: "aws" } }),
    ],
    ["fallback-shared-fate", "chat", changed("chat", { fallback: { is: "x", provider: "pagerduty" } })],
    ["single-point", "state-backend", changed("state-backend", { accepted: undefined })],
    ["provider-unknown", "edge", changed("edge", { provider: "somebody" })],
    ["store-missing", "secondary", changed("secondary-store", { store: undefined })],
    ["scenario-missing", "chat", changed("chat", { takenAway: undefined })],
    [
      "scenario-unknown",
      "clock",
      changed("clock", { takenAway: { by: ["no-such-scenario"], as: ["primary"] } }),
    ],
    [
      "scenario-misses",
      "edge-health",
      changed("edge-health", { takenAway: { by: ["cloudflare-api-down"], as: ["probes"] } }),
    ],
    [
      "provider-uncovered",
      "digitalocean/digitalocean",
      changed("secondary-store", { terraformProviders: undefined }),
    ],
  ];

  it.each(planted)("%s in %s", (rule, dependency, wrong) => {
    expect(found({})).toEqual([]);
    expect(found({ contracts: wrong })).toContain(`${rule} ${dependency}`);
  });

  it("a scenario that nobody flips in, where a flip is to show that it does without", () => {
    const scenarios = obliging.map((scenario) => ({ ...scenario, flips: false }));

    const missing = contracts.dependencies.filter(({ takenAway }) => takenAway?.as === "absent");
    expect(missing.length).toBeGreaterThan(3);
    expect(found({ scenarios })).toEqual(missing.map(({ id }) => `scenario-misses ${id}`));
  });

  it("every hard need of what is lost, however deep the fate is shared", () => {
    const chains = fc.property(fc.integer({ min: 0, max: 8 }), fc.boolean(), (depth, reachesAws) => {
      const providers = Array.from({ length: depth + 1 }, (_, index) => ({
        id: `p${index}`,
        title: `p${index}`,
        // The last one runs on the first: a circle ends nothing.
        runsOn: index === depth ? ["p0", ...(reachesAws ? ["aws"] : [])] : [`p${index + 1}`],
      }));
      const own: Dependency = {
        ...(contracts.dependencies[0] as Dependency),
        id: "own",
        provider: "p0",
        neededBy: { "flip-via-api": "hard" },
        accepted: "for the test",
      };
      const wrong = found({
        contracts: {
          providers: [...contracts.providers, ...providers],
          dependencies: [...contracts.dependencies, own],
        },
      });
      expect(wrong).toEqual(reachesAws ? ["shared-fate own"] : []);
    });
    fc.assert(chains, { seed: 6, numRuns: 50 });
  });

  it("something under each of its names", () => {
    expect([...new Set(planted.map(([rule]) => rule))].sort()).toEqual(Object.keys(DEPENDENCY_RULES).sort());
  });
});

describe("a file of contracts", () => {
  const entry = `  - id: orders
    title: the orders service
    plane: data
    provider: aws
    neededBy: { writes: hard }
    degrades: It refuses orders.
    seen: orders fail
    quota: none
`;

  it("takes the place of an entry of ours, or is added to them", () => {
    const own = parseContracts(
      `version: 1\nproviders:\n  - { id: aws, title: our AWS }\ndependencies:\n${entry}`,
      "orders.yaml",
    );
    const merged = mergeContracts(ours, [{ file: "orders.yaml", contracts: own }]);

    expect(merged.dependencies).toHaveLength(ours.dependencies.length + 1);
    expect(merged.providers.filter(({ id }) => id === "aws")).toEqual([{ id: "aws", title: "our AWS" }]);
    expect(() =>
      mergeContracts(ours, [
        { file: "a.yaml", contracts: own },
        { file: "b.yaml", contracts: own },
      ]),
    ).toThrow(/b\.yaml: providers: "aws" is in a\.yaml too/);
  });

  it.each([
    ["no YAML", "version: [", /^orders\.yaml:1:\d+: /],
    [
      "an unknown word",
      `version: 1\ndependencies:\n${entry}    plan: data\n`,
      /^orders\.yaml:3:5: .*Unrecognized key: "plan"/,
    ],
    [
      "an unknown task",
      `version: 1\ndependencies:\n${entry.replace("writes:", "shouting:")}`,
      /^orders\.yaml:7:15: dependencies\.0\.neededBy/,
    ],
    [
      "an unknown mode",
      `version: 1\ndependencies:\n${entry.replace("hard", "very")}`,
      /^orders\.yaml:7:25: dependencies\.0\.neededBy\.writes/,
    ],
    ["another version", `version: 2\ndependencies:\n${entry}`, /^orders\.yaml:1:10: version/],
    ["nothing in it", "version: 1\ndependencies: []\n", /^orders\.yaml:2:15: dependencies/],
  ])("is refused with its place for %s", (_what, text, problem) => {
    expect(() => parseContracts(text, "orders.yaml")).toThrow(problem);
  });
});

describe("what a scenario takes away", () => {
  const factsOf = (...steps: Scenario["steps"]) => scenarioFacts({ id: "x", steps });
  const outage: Step = { fault: { target: "aws", kind: "unreachable" } };
  const flip = (exit: number, ...run: string[]): Step => ({
    operator: { run: ["flip", ...run], who: "operator", exit },
  });

  it("is read from its steps, and from steps within steps", () => {
    expect(factsOf({ phase: "outage" }, outage, { repeat: { times: 2, steps: [outage] } })).toEqual({
      id: "x",
      faultTargets: ["aws"],
      flips: false,
    });
    expect(factsOf(flip(0, "--to", "secondary")).flips).toBe(true);
    const inOneText = { run: "flip --to secondary --via api", who: "operator", exit: 0 };
    expect(factsOf({ operator: inOneText }).flips).toBe(true);
    expect(factsOf({ together: [{ schedule: "on" }, flip(0, "--to", "primary")] }).flips).toBe(true);
    expect(factsOf(flip(0, "--to", "secondary", "--via", "api")).flips).toBe(true);
    expect(factsOf(flip(0, "--to", "secondary", "--via", "apply")).flips).toBe(false);
    expect(factsOf({ apply: { active: "secondary" } }).flips).toBe(false);
    expect(factsOf(flip(1, "--to", "secondary")).flips).toBe(false);
    expect(factsOf(flip(0, "--check")).flips).toBe(false);
  });

  it("is known of every scenario that there is", async () => {
    const files = readdirSync("drill/scenarios").filter((file) => file.endsWith(".yaml"));
    expect((await readScenarioFacts())?.map(({ id }) => `${id}.yaml`).sort()).toEqual(files.sort());
  });
});
