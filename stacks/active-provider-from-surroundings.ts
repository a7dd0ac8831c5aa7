import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Construct } from "constructs";
import {
  ACTIVE_PROVIDER_CONTEXT,
  ACTIVE_PROVIDER_VARIABLE,
  type ResolvedActiveProvider,
  resolveActiveProvider,
} from "../lib/active-provider";

/**
 * Gathers the toggle from where this process was started: environment, CDKTF context, `cdktf.json`.
 *
 * The CDKTF CLI hands the file's context to the app; without the CLI the app sees none, so the file is read here.
 */
export function activeProviderFromSurroundings(
  scope: Construct,
  projectFolder: string,
): ResolvedActiveProvider {
  return resolveActiveProvider({
    environment: process.env[ACTIVE_PROVIDER_VARIABLE],
    context: scope.node.tryGetContext(ACTIVE_PROVIDER_CONTEXT),
    fileContext: contextOfFile(projectFolder)[ACTIVE_PROVIDER_CONTEXT],
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
