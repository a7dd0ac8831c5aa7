import { FileProblemsError, parsePlacedYaml, readText, valueIssues } from "../scenario/placed-yaml";
import { STAGING_CONFIG, type StagingConfig } from "./staging-config";

/** The file cannot be used: every problem at once, each with its place. */
export class StagingConfigError extends FileProblemsError {
  public override readonly name = "StagingConfigError";
}

/** @throws StagingConfigError */
export function readStagingConfig(file: string): StagingConfig {
  return parseStagingConfig(readText(file, StagingConfigError), file);
}

/** @throws StagingConfigError */
export function parseStagingConfig(text: string, file: string): StagingConfig {
  const yaml = parsePlacedYaml(text, file, StagingConfigError);
  const parsed = STAGING_CONFIG.safeParse(yaml.value);
  if (parsed.success) return parsed.data;
  throw new StagingConfigError(file, parsed.error.issues.flatMap(valueIssues).map(yaml.problemOf));
}
