import type { Credentials, CredentialsSource } from "./credentials-source";

/** Always this pair. It is kept out of what is printed of the source. */
export function staticCredentials(pair: Credentials): CredentialsSource {
  return {
    current: () => Promise.resolve(pair),
    afterRefusal: () => Promise.resolve(undefined),
  };
}
