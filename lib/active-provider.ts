import { isStoreName, STORE_NAMES, type StoreName } from "../contract/stores";
import { ConfigurationError } from "./configuration-error";

/** The toggle's value: the name of the store that is active. */
export type ActiveProvider = StoreName;

/** Environment variable that overrides the toggle for one run. */
export const ACTIVE_PROVIDER_VARIABLE = "ACTIVE_PROVIDER";

/** Key of the toggle in the CDKTF context and in the `context` block of `cdktf.json`. */
export const ACTIVE_PROVIDER_CONTEXT = "activeProvider";

/** Where the toggle can be given, as messages name it. */
export const ACTIVE_PROVIDER_SOURCES = {
  prop: "prop activeProvider",
  environment: `environment variable ${ACTIVE_PROVIDER_VARIABLE}`,
  context: `context ${ACTIVE_PROVIDER_CONTEXT}`,
  fileContext: `cdktf.json context.${ACTIVE_PROVIDER_CONTEXT}`,
} as const;

/** A place where the toggle can be given. */
export type ActiveProviderSource = keyof typeof ACTIVE_PROVIDER_SOURCES;

/** What was found in each place; `undefined` means that nothing was given there. */
export interface ActiveProviderCandidates {
  /** @default - not given in code */
  readonly prop?: unknown;
  /** `process.env.ACTIVE_PROVIDER`. @default - the variable is not set, or the app does not look at it; set but empty is a wrong value, not an absent one */
  readonly environment?: unknown;
  /** @default - no such key in the CDKTF context */
  readonly context?: unknown;
  /** @default - no such key in `cdktf.json`, or the file was not read */
  readonly fileContext?: unknown;
}

/** The toggle, and which place decided. */
export interface ResolvedActiveProvider {
  /** The store that is to be active. */
  readonly value: ActiveProvider;
  /** The place that decided. */
  readonly source: ActiveProviderSource;
  /** Set when the environment overrides a different value in the context or the file. */
  readonly warning?: string;
}

const ALLOWED = STORE_NAMES.map((name) => `"${name}"`).join(" or ");
const ORDER: readonly ActiveProviderSource[] = ["prop", "environment", "context", "fileContext"];

/**
 * Decides the toggle: explicit prop, then environment, then CDKTF context, then `cdktf.json`.
 *
 * There is no default: a silent "primary" while the secondary is active would be a silent failback.
 *
 * @throws ConfigurationError ACTIVE_PROVIDER_MISSING when nothing is given anywhere
 * @throws ConfigurationError ACTIVE_PROVIDER_UNKNOWN when the place that decides holds another value
 */
export function resolveActiveProvider(candidates: ActiveProviderCandidates): ResolvedActiveProvider {
  const source = ORDER.find((place) => candidates[place] !== undefined);
  if (source === undefined) {
    throw new ConfigurationError({
      code: "ACTIVE_PROVIDER_MISSING",
      path: ACTIVE_PROVIDER_SOURCES.fileContext,
      what: "no active provider is given, and there is no default",
      value: undefined,
      allowed: ALLOWED,
      fix: `set "context": { "${ACTIVE_PROVIDER_CONTEXT}": "primary" } in cdktf.json${variableHint(candidates)}`,
    });
  }
  const value = checkActiveProvider(candidates[source], ACTIVE_PROVIDER_SOURCES[source]);
  return { value, source, warning: overrideWarning(value, source, candidates) };
}

/**
 * Narrows a value to the toggle's type; constructs use it for callers without types.
 *
 * @throws ConfigurationError ACTIVE_PROVIDER_MISSING, ACTIVE_PROVIDER_UNKNOWN
 */
export function checkActiveProvider(value: unknown, path: string): ActiveProvider {
  if (isStoreName(value)) {
    return value;
  }
  throw new ConfigurationError({
    code: value === undefined ? "ACTIVE_PROVIDER_MISSING" : "ACTIVE_PROVIDER_UNKNOWN",
    path,
    what: value === undefined ? "no active provider is given" : "the active provider names no store",
    value,
    allowed: ALLOWED,
    fix: `write one of the allowed words at ${path}${value === "" ? ", or unset it" : ""}`,
  });
}

/** An app that does not hand over the variable would ignore it, and must not be told to set it. */
function variableHint(candidates: ActiveProviderCandidates): string {
  return "environment" in candidates ? `, or ${ACTIVE_PROVIDER_VARIABLE} for one run` : "";
}

function overrideWarning(
  value: ActiveProvider,
  source: ActiveProviderSource,
  { context, fileContext }: ActiveProviderCandidates,
): string | undefined {
  const written = context ?? fileContext;
  if (source !== "environment" || written === undefined || written === value) {
    return undefined;
  }
  return (
    `${ACTIVE_PROVIDER_SOURCES.environment} overrides the toggle: "${value}" instead of ` +
    `${JSON.stringify(written)} from ${context === undefined ? ACTIVE_PROVIDER_SOURCES.fileContext : ACTIVE_PROVIDER_SOURCES.context}. ` +
    "The next run without the variable flips it back; change cdktf.json to make it last."
  );
}
