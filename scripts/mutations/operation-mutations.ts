import type { Mutation, Proof } from "./mutation";

const contracts = (named: string): Proof => ({ test: "test/operate/dependencies.test.ts", named });
const runbook = (named: string): Proof => ({ test: "test/operate/runbook.test.ts", named });
const command = (named: string): Proof => ({ test: "test/cli/runbook.test.ts", named });

const CHECK = "operate/dependencies/check-dependencies.ts";

const DEPENDENCIES: readonly Mutation[] = [
  {
    name: "shared-fate-unseen",
    without: "the recovery may not need what it recovers from",
    file: CHECK,
    text: 'if (mode === "hard") {\n      const fix',
    by: "if (mode === undefined) {\n      const fix",
    proofs: [contracts("shared-fate in secrets-manager"), contracts("every hard need of what is lost")],
  },
  {
    name: "fate-of-own-provider-only",
    without: "what a provider runs on is its fate, too",
    file: "operate/dependencies/fates.ts",
    text: "open.push(...(providers.find(({ id }) => id === next)?.runsOn ?? []));",
    by: "",
    proofs: [contracts("shared-fate in terraform-registry"), contracts("every hard need of what is lost")],
  },
  {
    name: "fate-at-second-hand-only",
    without: "a fate is shared however deep it lies",
    file: "operate/dependencies/fates.ts",
    text: "open.push(...(providers.find(({ id }) => id === next)?.runsOn ?? []));",
    by: "if (next === provider) open.push(...(providers.find(({ id }) => id === next)?.runsOn ?? []));",
    proofs: [contracts("every hard need of what is lost")],
  },
  {
    name: "fallback-not-needed",
    without: "what falls in the outage needs a fallback",
    file: CHECK,
    text: "if (fallback === undefined) {\n      return [",
    by: "if (fallback === undefined) return [];\n    if (fallback === undefined) {\n      return [",
    proofs: [contracts("fallback-missing in cloudwatch")],
  },
  {
    name: "fallback-falls-too",
    without: "a fallback may not fall with what it replaces",
    file: CHECK,
    text: "if (common.length === 0) return [];",
    by: "if (common.length >= 0) return [];",
    proofs: [contracts("fallback-shared-fate in primary-store")],
  },
  {
    name: "nothing-takes-it-away",
    without: "every dependency is taken away in a drill",
    file: CHECK,
    text: "if (takenAway === undefined) {",
    by: "if (takenAway === undefined) return [];\n  if (takenAway === undefined) {",
    proofs: [contracts("scenario-missing in chat")],
  },
  {
    name: "scenario-hits-something-else",
    without: "the drill that is named takes the dependency away",
    file: CHECK,
    text: "if (as.some((target) => scenario.faultTargets.includes(target))) return [];",
    by: "if (as.length > 0) return [];",
    proofs: [contracts("scenario-misses in edge-health")],
  },
  {
    name: "provider-without-contract",
    without: "every Terraform provider has a contract",
    file: CHECK,
    text: ".filter((source) => !covered.has(source))",
    by: ".filter((source) => covered.size < 0 && source)",
    proofs: [contracts("provider-uncovered in digitalocean/digitalocean")],
  },
];

const RUNBOOK: readonly Mutation[] = [
  {
    name: "stale-runbook-passes",
    without: "a stale runbook fails the check",
    file: "cli/runbook/run-runbook.ts",
    text: "stale.length > 0 || (gone ?? []).length > 0",
    by: "(gone ?? []).length > 0",
    proofs: [command("writes what --check then finds current")],
  },
  {
    name: "gone-id-passes",
    without: "an id that is gone at Cloudflare fails the check",
    file: "cli/runbook/run-runbook.ts",
    text: "stale.length > 0 || (gone ?? []).length > 0",
    by: "stale.length > 0",
    proofs: [command("finds an id that is gone from Cloudflare")],
  },
  {
    name: "stale-lines-unseen",
    without: "lines that differ are found",
    file: "operate/runbook/stale-lines.ts",
    text: "const changed = Math.max(nextLeft - left, nextRight - right);",
    by: "const changed = Math.min(nextLeft - left, nextRight - right);",
    proofs: [runbook("is never taken for a current one")],
  },
];

export const OPERATION_MUTATIONS: readonly Mutation[] = [...DEPENDENCIES, ...RUNBOOK];
