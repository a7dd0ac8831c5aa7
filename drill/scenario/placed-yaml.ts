import { readFileSync } from "node:fs";
import { type Document, isMap, isNode, isPair, isScalar, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { errorReason } from "../machine/caught-error";

export interface FileProblem {
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** What is wrong, and what is allowed. */
  readonly message: string;
}

/** A file cannot be used: every problem at once, each with its place. */
export class FileProblemsError extends Error {
  constructor(
    public readonly file: string,
    public readonly problems: readonly FileProblem[],
  ) {
    super(problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`).join("\n"));
  }
}

/** The error of one kind of file. */
export type FileRefusal = new (file: string, problems: readonly FileProblem[]) => FileProblemsError;

/** What is wrong with a value, and where in it. */
export interface ValueIssue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A file's value, which knows where in the text each of its parts stands. */
export interface PlacedYaml {
  readonly value: unknown;
  /** A problem with the part at a path, in these very words. */
  readonly at: (path: readonly PropertyKey[], message: string) => FileProblem;
  /** The same, in words that begin with the path. */
  readonly problemOf: (issue: ValueIssue) => FileProblem;
}

/** @throws what `Refusal` makes */
export function readText(file: string, Refusal: FileRefusal): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Refusal(file, [{ line: 1, column: 1, message: `cannot be read: ${errorReason(error)}` }]);
  }
}

/**
 * @param file - for messages
 * @throws what `Refusal` makes, for a text that is not YAML
 */
export function parsePlacedYaml(text: string, file: string, Refusal: FileRefusal): PlacedYaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placed = (offset: number, message: string): FileProblem => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), message };
  };
  if (document.errors.length > 0) {
    throw new Refusal(
      file,
      document.errors.map((error) => placed(error.pos[0], `not YAML: ${error.message}`)),
    );
  }
  return {
    value: document.toJS(),
    at: (path, message) => placed(offsetOf(document, path), message),
    problemOf: ({ path, message }) => placed(offsetOf(document, path), inWords(path, message)),
  };
}

/** One issue for each name that is not known, else the issue as it is. */
export function valueIssues(issue: z.core.$ZodIssue): readonly ValueIssue[] {
  if (issue.code !== "unrecognized_keys") return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((name) => ({ path: [...issue.path, name], message: "is not known here" }));
}

function inWords(path: readonly PropertyKey[], message: string): string {
  return path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
}

/** Where the path, or the nearest thing around it, stands in the text. A name stands where its pair begins. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
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
