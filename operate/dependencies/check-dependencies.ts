import { STORE_NAMES } from "../../contract/stores";
import {
  type Contracts,
  type Dependency,
  DIRECTIONS,
  type Direction,
  needOf,
  RECOVERY_TASKS,
  type Task,
} from "./contract";
import { fatesOf, lostIn, shared } from "./fates";

/** What a drill scenario does, as far as dependencies are concerned. */
export interface ScenarioFacts {
  readonly id: string;
  /** What its faults hit, such as `primary` or `cloudflare-api`. */
  readonly faultTargets: readonly string[];
  /** Whether somebody flips in it by Cloudflare's API alone. */
  readonly flips: boolean;
}

export interface DependencyCheck {
  readonly contracts: Contracts;
  /** @default - the scenarios are not here (an installed package), and are not looked at */
  readonly scenarios?: readonly ScenarioFacts[];
  /** Sources of the Terraform providers that the synthesized stacks require, as in `cloudflare/cloudflare`. */
  readonly requiredProviders: readonly string[];
}

/** Stable names of what can be wrong, for `--json`. */
export const DEPENDENCY_RULES = {
  "shared-fate": "the recovery needs what it recovers from",
  "fallback-missing": "in the outage that the recovery is for, nothing takes its place",
  "fallback-shared-fate": "the fallback falls with what it replaces",
  "single-point":
    "the recovery stops without it, nothing takes its place, and nobody has said why that is lived with",
  "provider-unknown": "a provider that is not listed",
  "provider-uncovered": "the stacks require a Terraform provider that no contract covers",
  "store-missing": "no contract describes the store",
  "scenario-missing": "no drill takes it away",
  "scenario-unknown": "there is no such scenario",
  "scenario-misses": "the scenario does not take it away",
} as const;

export type DependencyRule = keyof typeof DEPENDENCY_RULES;

export interface DependencyFinding {
  readonly rule: DependencyRule;
  /** Id of the contract, or what has none. */
  readonly dependency: string;
  /** One line for people. */
  readonly text: string;
  readonly fix: string;
}

/** Everything that is wrong with the contracts; empty when the recovery stands on nothing that may be lost with the store. */
export function checkDependencies(check: DependencyCheck): readonly DependencyFinding[] {
  const { contracts, scenarios, requiredProviders } = check;
  return [
    ...missingStores(contracts),
    ...uncoveredProviders(contracts, requiredProviders),
    ...contracts.dependencies.flatMap((dependency) => [
      ...unknownProviders(contracts, dependency),
      ...recoveryFaults(contracts, dependency),
      ...fallbackFaults(contracts, dependency),
      ...(scenarios === undefined ? [] : scenarioFaults(dependency, scenarios)),
    ]),
  ];
}

/** Where a task of the recovery needs a dependency, in which direction. */
interface RecoveryNeed {
  readonly task: Task;
  readonly direction: Direction;
  readonly mode: "hard" | "soft";
}

function recoveryNeeds(dependency: Dependency): readonly RecoveryNeed[] {
  return DIRECTIONS.flatMap((direction) =>
    RECOVERY_TASKS.flatMap((task) => {
      const mode = needOf(dependency, task, direction);
      return mode === "none" ? [] : [{ task, direction, mode }];
    }),
  );
}

function recoveryFaults(contracts: Contracts, dependency: Dependency): readonly DependencyFinding[] {
  const { id, title, provider, fallback, accepted } = dependency;
  const fates = fatesOf(contracts, provider);
  const needs = recoveryNeeds(dependency);
  const inTheOutage = needs.flatMap(({ task, direction, mode }) => {
    const lost = shared(fates, lostIn(contracts, direction));
    if (lost.length === 0) return [];
    const where = `${task} ${direction} needs ${title}, which falls with ${lost.join(", ")}`;
    if (mode === "hard") {
      const fix = `make ${task} work without it, and say "soft" with a fallback, or "none"`;
      return [finding("shared-fate", id, `${where}: what it recovers from`, fix)];
    }
    if (fallback === undefined) {
      return [finding("fallback-missing", id, `${where}, without a fallback`, "name a fallback elsewhere")];
    }
    const alsoLost = shared(fatesOf(contracts, fallback.provider), lostIn(contracts, direction));
    if (alsoLost.length === 0) return [];
    const text = `${where}, and so does its fallback (${alsoLost.join(", ")})`;
    return [finding("fallback-missing", id, text, "name a fallback elsewhere")];
  });
  const isSinglePoint = needs.some(({ mode }) => mode === "hard");
  if (!isSinglePoint || fallback !== undefined || accepted !== undefined) return inTheOutage;
  const tasks = [...new Set(needs.filter(({ mode }) => mode === "hard").map(({ task }) => task))];
  const text = `${tasks.join(", ")} cannot do without ${title}`;
  return [...inTheOutage, finding("single-point", id, text, 'name a fallback, or say why under "accepted"')];
}

function fallbackFaults(contracts: Contracts, dependency: Dependency): readonly DependencyFinding[] {
  const { id, title, provider, fallback } = dependency;
  if (fallback === undefined) return [];
  const common = shared(fatesOf(contracts, provider), fatesOf(contracts, fallback.provider));
  if (common.length === 0) return [];
  const text = `the fallback of ${title} falls with it: ${common.join(", ")}`;
  const fix = 'name one with another provider, or none, and say why under "accepted"';
  return [finding("fallback-shared-fate", id, text, fix)];
}

function unknownProviders({ providers }: Contracts, dependency: Dependency): readonly DependencyFinding[] {
  const { id, provider, fallback } = dependency;
  const named = [provider, ...(fallback === undefined ? [] : [fallback.provider])];
  return named
    .filter((one) => !providers.some((known) => known.id === one))
    .map((one) =>
      finding("provider-unknown", id, `provider "${one}" is not listed`, 'add it under "providers"'),
    );
}

function scenarioFaults(
  { id, title, takenAway }: Dependency,
  scenarios: readonly ScenarioFacts[],
): readonly DependencyFinding[] {
  if (takenAway === undefined) {
    return [finding("scenario-missing", id, `no drill takes ${title} away`, 'name one under "takenAway"')];
  }
  return takenAway.by.flatMap((named) => {
    const scenario = scenarios.find((one) => one.id === named);
    if (scenario === undefined) {
      const fix = "see: storage-failover drill --list";
      return [finding("scenario-unknown", id, `there is no scenario "${named}"`, fix)];
    }
    const { as } = takenAway;
    if (as === "absent") {
      if (scenario.flips) return [];
      const text = `nobody flips in "${named}", so it does not show that a flip does without ${title}`;
      return [finding("scenario-misses", id, text, "name a scenario with a flip")];
    }
    if (as.some((target) => scenario.faultTargets.includes(target))) return [];
    const hit = scenario.faultTargets.join(", ") || "nothing";
    const text = `"${named}" hits ${hit}, not ${as.join(" or ")}`;
    return [finding("scenario-misses", id, text, "name a scenario whose faults hit it")];
  });
}

function uncoveredProviders(
  { dependencies }: Contracts,
  requiredProviders: readonly string[],
): readonly DependencyFinding[] {
  const covered = new Set(dependencies.flatMap(({ terraformProviders = [] }) => terraformProviders));
  return [...new Set(requiredProviders)]
    .filter((source) => !covered.has(source))
    .sort()
    .map((source) => {
      const fix = `name ${source} under "terraformProviders" of what it manages`;
      return finding("provider-uncovered", source, `the stacks require the provider ${source}`, fix);
    });
}

function missingStores({ dependencies }: Contracts): readonly DependencyFinding[] {
  return STORE_NAMES.filter((name) => !dependencies.some(({ store }) => store === name)).map((name) =>
    finding("store-missing", name, `no contract has store: ${name}`, "add the store itself"),
  );
}

function finding(rule: DependencyRule, dependency: string, text: string, fix: string): DependencyFinding {
  return { rule, dependency, text, fix };
}
