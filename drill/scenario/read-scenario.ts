import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { errorReason } from "../machine/caught-error";
import { SCENARIO, type Scenario } from "./schema";
import { COMPOSITE_VERBS, VERBS, type Verb } from "./step-schema";

export interface ScenarioProblem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** What is wrong, and what is allowed. */
  readonly message: string;
}

/** A scenario file cannot be used: every problem at once, each with its place. */
export class ScenarioFileError extends Error {
  public override readonly name = "ScenarioFileError";

  constructor(
    public readonly file: string,
    public readonly problems: readonly ScenarioProblem[],
  ) {
    super(problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join("\n"));
  }
}

/** @throws ScenarioFileError */
export function readScenario(file: string): Scenario {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ScenarioFileError(file, [
      { line: 1, column: 1, message: `cannot be read: ${errorReason(error)}` },
    ]);
  }
  return parseScenario(text, file);
}

/**
 * @param file - for messages; a scenario is called as its file is
 * @throws ScenarioFileError
 */
export function parseScenario(text: string, file: string): Scenario {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number, message: string): ScenarioProblem => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), message };
  };
  if (document.errors.length > 0) {
    throw new ScenarioFileError(
      file,
      document.errors.map((error) => at(error.pos[0], `not YAML: ${error.message}`)),
    );
  }
  const value: unknown = document.toJS();
  const parsed = SCENARIO.safeParse(value);
  const issues = parsed.success ? [] : parsed.error.issues.flatMap((issue) => explained(issue, value));
  const problems = issues.map(({ path, message }) => at(offsetOf(document, path), inWords(path, message)));
  const named = basename(file).replace(/\.ya?ml$/, "");
  if (parsed.success && parsed.data.id !== named) {
    problems.push(
      at(offsetOf(document, ["id"]), `id "${parsed.data.id}" is not the file's name; use "${named}"`),
    );
  }
  if (problems.length > 0 || !parsed.success) throw new ScenarioFileError(file, problems);
  return parsed.data;
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A step is one of many shapes; what matters is what is wrong with the one that was meant. */
function explained(issue: z.core.$ZodIssue, whole: unknown): readonly Issue[] {
  const prefix = issue.path;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => ({ path: [...prefix, name], message: "is not known here" }));
  }
  if (issue.code !== "invalid_union") return [{ path: prefix, message: issue.message }];
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

function wrongStep(step: unknown, path: readonly PropertyKey[], whole: unknown): readonly Issue[] {
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
  const value = valueAt(whole, inner);
  const schema = isVerb(verb) ? VERBS[verb] : SCENARIO.shape.steps;
  const steps = verb === "repeat" ? valueAt(value, ["steps"]) : value;
  const parsed = schema.safeParse(isVerb(verb) ? value : steps);
  const below = verb === "repeat" ? inner.concat("steps") : inner;
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

function inWords(path: readonly PropertyKey[], message: string): string {
  return path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
}

/** Where the path, or the nearest thing around it, stands in the text. A name stands where its pair begins. */
export function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const name = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === name);
      if (pair !== undefined && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}
