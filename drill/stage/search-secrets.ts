import type { Secret } from "../comparison/secret-spellings";
import { searchSecrets } from "../comparison/secrets-search";
import type { SecretsSearched } from "../evidence/events";
import { FUNCTION_ZIP } from "./set-stage";
import type { Stage } from "./stage";

export interface SearchedPlaces {
  /** Files, and folders with all that is below them. */
  readonly paths: readonly string[];
  /** Other texts, by what they are. @default - none */
  readonly texts?: Readonly<Record<string, string>>;
  /** Secrets of the run beside the stores' keys. @default - none */
  readonly others?: readonly Secret[];
}

/** Looks for the run's secrets in the function and its own variables, and in the places given. */
export function searchForSecrets(
  { stores, functionVariables, clock }: Stage,
  { paths, texts, others = [] }: SearchedPlaces,
): Promise<SecretsSearched> {
  const { primary, secondary } = stores.running;
  return searchSecrets({
    secrets: [
      { name: "primary's secret access key", value: primary.secretAccessKey },
      { name: "secondary's secret access key", value: secondary.secretAccessKey },
      ...others,
    ],
    paths: [FUNCTION_ZIP, ...paths],
    texts,
    environments: { replicator: functionVariables },
    clock,
  });
}
