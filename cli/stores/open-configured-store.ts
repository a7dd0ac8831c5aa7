import type { StoreName } from "../../contract/stores";
import { CredentialsError } from "../../lambda/s3/credentials-error";
import type { ObjectClient } from "../../lambda/s3/object-client";
import { StoreError } from "../../lambda/s3/store-error";
import { type ConfigurationPlace, configuredStores } from "./configured-stores";
import { credentialsFor } from "./credentials-for";
import { openStore } from "./open-stores";
import { credentialVariables } from "./side-credentials";

/**
 * A store of the configuration by its name, with its own key pair. Whoever opens it closes it.
 *
 * @throws WrongUseError where nothing is configured
 */
export async function openConfiguredStore(
  store: StoreName,
  place: ConfigurationPlace,
): Promise<ObjectClient> {
  const stores = await configuredStores(place);
  const name = stores?.stores[store].credentialsSecret;
  const secret = name === undefined ? undefined : { name, region: stores?.plannedRegion };
  const credentials = credentialsFor(store, secret, place.environment);
  const { client } = await openStore({ store }, { ...place, credentials });
  return client;
}

/** Without a key pair there is one thing to do, and it is not to be found in what AWS says. */
export function withWayOut(error: unknown, store: StoreName): unknown {
  if (!(error instanceof StoreError && error.cause instanceof CredentialsError)) return error;
  const { accessKeyId, secretAccessKey } = credentialVariables(store);
  return new Error(`no key pair for ${store}; set ${accessKeyId} and ${secretAccessKey}`, { cause: error });
}
