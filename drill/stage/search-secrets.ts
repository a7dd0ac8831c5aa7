import { searchSecrets } from "../comparison/secrets-search";
import type { SecretsSearched } from "../evidence/events";
import { FUNCTION_ZIP } from "./set-stage";
import type { Stage } from "./stage";

/** Looks for the stores' keys in the function and its own variables, and in the files and folders given. */
export function searchForSecrets(
  { stores, functionVariables, clock }: Stage,
  paths: readonly string[],
): Promise<SecretsSearched> {
  const { primary, secondary } = stores.running;
  return searchSecrets({
    secrets: [
      { name: "primary's secret access key", value: primary.secretAccessKey },
      { name: "secondary's secret access key", value: secondary.secretAccessKey },
    ],
    paths: [FUNCTION_ZIP, ...paths],
    environments: { replicator: functionVariables },
    clock,
  });
}
