import type { StoreName } from "../../contract/stores";
import { ConfigurationError } from "../configuration-error";
import type { ObjectStore } from "../object-store";

/**
 * Each store must stand in its own place, and the two must be two.
 *
 * @param path the construct's path; the prop's name is added
 * @throws ConfigurationError STORES_NOT_DISTINCT
 */
export function checkDistinctStores(primary: ObjectStore, secondary: ObjectStore, path: string): void {
  checkPlace("primary", primary, path);
  checkPlace("secondary", secondary, path);
  if (
    primary.originHost === secondary.originHost ||
    (primary.endpoint === secondary.endpoint && primary.bucketName === secondary.bucketName)
  ) {
    throw new ConfigurationError({
      code: "STORES_NOT_DISTINCT",
      path: `${path}/secondary`,
      what: "both stores are the same bucket",
      value: `${secondary.endpoint}/${secondary.bucketName}`,
      allowed: "two buckets with host names of their own",
      fix: "give the secondary another bucket on another provider",
    });
  }
}

function checkPlace(place: StoreName, store: ObjectStore, path: string): void {
  if (store.storeName !== place) {
    throw new ConfigurationError({
      code: "STORES_NOT_DISTINCT",
      path: `${path}/${place}`,
      what: `the ${store.storeName} store stands where the ${place} belongs; only roles change, names never do`,
      value: store.storeName,
      allowed: place,
      fix: "pass each store under its own name, and change activeProvider to change roles",
    });
  }
}
