import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Node } from "constructs";
import {
  ACTIVE_PROVIDER_CONTEXT,
  ACTIVE_PROVIDER_VARIABLE,
  type ResolvedActiveProvider,
  resolveActiveProvider,
} from "../lib/active-provider";

export interface Surroundings {
  /** As in `process.env`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The app's node, whose context the CDKTF CLI has filled. */
  readonly context: Node;
  /** Folder that holds `cdktf.json`. */
  readonly projectFolder: string;
}

/**
 * Gathers the toggle from where this process was started: environment, CDKTF context, `cdktf.json`.
 *
 * The CDKTF CLI hands the file's context to the app; without the CLI the app sees none, so the file is read here.
 *
 * @throws ConfigurationError ACTIVE_PROVIDER_MISSING, ACTIVE_PROVIDER_UNKNOWN
 */
export function activeProviderFromSurroundings(surroundings: Surroundings): ResolvedActiveProvider {
  return resolveActiveProvider({
    environment: surroundings.environment[ACTIVE_PROVIDER_VARIABLE],
    context: surroundings.context.tryGetContext(ACTIVE_PROVIDER_CONTEXT),
    fileContext: contextOfFile(surroundings.projectFolder)[ACTIVE_PROVIDER_CONTEXT],
  });
}

function contextOfFile(projectFolder: string): Readonly<Record<string, unknown>> {
  const settings: unknown = JSON.parse(readFileSync(join(projectFolder, "cdktf.json"), "utf8"));
  const context = isRecord(settings) ? settings.context : undefined;
  return isRecord(context) ? context : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
