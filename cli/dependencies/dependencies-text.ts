import type { DependencyFinding } from "../../operate/dependencies/check-dependencies";
import type { Contracts } from "../../operate/dependencies/contract";
import { tasksOf } from "../../operate/dependencies/contracts-table";
import colors from "../colors";

/** What was looked at beside the contracts themselves. */
export interface Looked {
  readonly scenarios: number | undefined;
  readonly requiredProviders: readonly string[] | undefined;
}

/** Every contract in a few lines. */
export function contractsText({ providers, dependencies }: Contracts): string {
  const titles = new Map(providers.map(({ id, title }) => [id, title]));
  return dependencies
    .map((dependency) => {
      const { id, title, plane, provider, degrades, seen, quota, fallback, accepted, takenAway } = dependency;
      const lines: readonly (readonly [string, string | undefined])[] = [
        ["stops", tasksOf(dependency, "hard")],
        ["worse", tasksOf(dependency, "soft")],
        ["then", degrades],
        ["seen", seen],
        ["limit", quota],
        ["instead", fallback?.is ?? "nothing"],
        ["accepted", accepted],
        ["drill", takenAway?.by.join(", ")],
      ];
      const told = lines.flatMap(([label, value]) =>
        value === undefined ? [] : [`   ${colors.dim(label.padEnd(9))}${value}`],
      );
      const head = ` ${colors.bold(title)} (${id}) · ${titles.get(provider) ?? provider} · ${plane} plane`;
      return [head, ...told].join("\n");
    })
    .join("\n\n");
}

/** The outcome of the check, able to stand alone. */
export function findingsText(
  { dependencies }: Contracts,
  findings: readonly DependencyFinding[],
  { scenarios, requiredProviders }: Looked,
): string {
  const lines = findings.map(
    ({ rule, dependency, text, fix }) =>
      ` ${colors.red("✘")} ${dependency}: ${text} ${colors.dim(`[${rule}]`)}\n     → ${fix}`,
  );
  const not = [
    scenarios === undefined && " – no scenarios are here: whether a drill takes each away was not looked at",
    requiredProviders === undefined &&
      " – no plan is here: whether every provider is covered was not looked at (run: npx cdktf synth)",
  ].filter((line) => line !== false);
  const end =
    findings.length === 0
      ? ` ${colors.green("✔")} ${dependencies.length} dependencies: no flip needs what it recovers from, no fallback falls with what it replaces`
      : ` ${colors.red(`${findings.length} to be put right`)} in ${dependencies.length} dependencies`;
  return [...lines, ...not, end].join("\n");
}
