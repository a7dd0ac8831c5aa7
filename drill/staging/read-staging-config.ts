import { readFileSync } from "node:fs";
import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { errorReason } from "../machine/caught-error";
import { offsetOf, ScenarioFileError, type ScenarioProblem } from "../scenario/read-scenario";
import { STAGING_CONFIG, type StagingConfig } from "./staging-config";

/** The file cannot be used: every problem at once, each with its place. */
export class StagingConfigError extends ScenarioFileError {
  public override readonly name = "StagingConfigError" as "ScenarioFileError";
}

/** @throws StagingConfigError */
export function readStagingConfig(file: string): StagingConfig {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const message = `cannot be read: ${errorReason(error)}`;
    throw new StagingConfigError(file, [{ line: 1, column: 1, message }]);
  }
  return parseStagingConfig(text, file);
}

/** @throws StagingConfigError */
export function parseStagingConfig(text: string, file: string): StagingConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number, message: string): ScenarioProblem => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), message };
  };
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => at(error.pos[0], `not YAML: ${error.message}`));
    throw new StagingConfigError(file, problems);
  }
  const parsed = STAGING_CONFIG.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  throw new StagingConfigError(
    file,
    parsed.error.issues
      .flatMap(places)
      .map(({ path, message }) =>
        at(
          offsetOf(document, path),
          path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`,
        ),
      ),
  );
}

function places(issue: z.core.$ZodIssue) {
  if (issue.code !== "unrecognized_keys") return [{ path: issue.path, message: issue.message }];
  return issue.keys.map((name) => ({ path: [...issue.path, name], message: "is not known here" }));
}
