import { basename } from "node:path";
import type { z } from "zod";
import { FileProblemsError, parsePlacedYaml, readText, type ValueIssue, valueIssues } from "./placed-yaml";
import { SCENARIO, type Scenario } from "./schema";
import { COMPOSITE_VERBS, VERBS, type Verb } from "./step-schema";

/** A scenario file cannot be used: every problem at once, each with its place. */
export class ScenarioFileError extends FileProblemsError {
  public override readonly name = "ScenarioFileError";
}

/** @throws ScenarioFileError */
export function readScenario(file: string): Scenario {
  return parseScenario(readText(file, ScenarioFileError), file);
}

/**
 * @param file - for messages; a scenario is called as its file is
 * @throws ScenarioFileError
 */
export function parseScenario(text: string, file: string): Scenario {
  const yaml = parsePlacedYaml(text, file, ScenarioFileError);
  const parsed = SCENARIO.safeParse(yaml.value);
  const issues = parsed.success ? [] : parsed.error.issues.flatMap((issue) => explained(issue, yaml.value));
  const problems = issues.map(yaml.problemOf);
  const named = basename(file).replace(/\.ya?ml$/, "");
  if (parsed.success && parsed.data.id !== named) {
    problems.push(yaml.at(["id"], `id "${parsed.data.id}" is not the file's name; use "${named}"`));
  }
  if (problems.length > 0 || !parsed.success) throw new ScenarioFileError(file, problems);
  return parsed.data;
}

/** A step is one of many shapes; what matters is what is wrong with the one that was meant. */
function explained(issue: z.core.$ZodIssue, whole: unknown): readonly ValueIssue[] {
  if (issue.code !== "invalid_union") return valueIssues(issue);
  const prefix = issue.path;
  const value = valueAt(whole, prefix);
  if (isStep(prefix)) return wrongStep(value, prefix, whole);
  const best = issue.errors.toSorted((one, other) => badness(one) - badness(other))[0] ?? [];
  return best.flatMap((inner) =>
    explained({ ...inner, path: [...prefix, ...inner.path] } as z.core.$ZodIssue, whole),
  );
}

/** The shape that was meant has the fewest names too many, then the fewest problems. */
function badness(issues: readonly z.core.$ZodIssue[]): number {
  const strangers = issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : []));
  return strangers.length * 100 + issues.length;
}

function isStep(path: readonly PropertyKey[]): boolean {
  const list = path.at(-2);
  return typeof path.at(-1) === "number" && (list === "steps" || list === "together");
}

function wrongStep(step: unknown, path: readonly PropertyKey[], whole: unknown): readonly ValueIssue[] {
  const names = typeof step === "object" && step !== null && !Array.isArray(step) ? Object.keys(step) : [];
  const allowed = [...Object.keys(VERBS), ...COMPOSITE_VERBS];
  const strange = names.find((name) => !allowed.includes(name));
  if (strange !== undefined) {
    return [{ path: [...path, strange], message: `is no step; a step is one of ${allowed.join(", ")}` }];
  }
  const [verb] = names;
  if (names.length !== 1 || verb === undefined) {
    return [
      { path, message: `a step is one verb and what it takes; found ${names.join(" and ") || "none"}` },
    ];
  }
  const inner = path.concat(verb);
  const schema = isVerb(verb) ? VERBS[verb] : SCENARIO.shape.steps;
  const below = verb === "repeat" ? inner.concat("steps") : inner;
  const parsed = schema.safeParse(valueAt(whole, below));
  if (parsed.success) return [{ path: inner, message: `is not what "${verb}" takes` }];
  return parsed.error.issues.flatMap((issue) =>
    explained({ ...issue, path: [...below, ...issue.path] } as z.core.$ZodIssue, whole),
  );
}

function isVerb(name: string): name is Verb {
  return Object.hasOwn(VERBS, name);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, name) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, name) : undefined),
    value,
  );
}
