import { type Contracts, type Dependency, DIRECTIONS, needOf, TASKS, type Task } from "./contract";

/** Contracts as a table, for reports and terminals: plain text throughout. */
export interface ContractsTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** One row for each dependency: whose fate it shares, what stops without it, and what takes its place. */
export function contractsTable({ providers, dependencies }: Contracts): ContractsTable {
  const titles = new Map(providers.map(({ id, title }) => [id, title]));
  return {
    columns: ["depends on", "whose", "plane", "stops without it", "goes on worse", "users see", "fallback"],
    rows: dependencies.map((dependency) => [
      dependency.title,
      titles.get(dependency.provider) ?? dependency.provider,
      dependency.plane,
      tasksOf(dependency, "hard"),
      tasksOf(dependency, "soft"),
      dependency.seen,
      dependency.fallback?.is ?? "none",
    ]),
  };
}

/** Those that a drill's scenario takes away. */
export function takenAwayBy(scenarioId: string, { providers, dependencies }: Contracts): Contracts {
  return {
    providers,
    dependencies: dependencies.filter(({ takenAway }) => takenAway?.by.includes(scenarioId)),
  };
}

/** The tasks that need it so much, with the direction where only one of them does. */
export function tasksOf(dependency: Dependency, mode: "hard" | "soft"): string {
  const needing = TASKS.flatMap((task) => wordsFor(dependency, task, mode));
  return needing.join(", ") || "–";
}

function wordsFor(dependency: Dependency, task: Task, mode: "hard" | "soft"): readonly string[] {
  const directions = DIRECTIONS.filter((direction) => needOf(dependency, task, direction) === mode);
  if (directions.length === 0) return [];
  return [directions.length === DIRECTIONS.length ? task : `${task} ${directions.join(" ")}`];
}
