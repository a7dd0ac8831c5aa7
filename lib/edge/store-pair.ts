import { Token } from "cdktf";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { ConfigurationError } from "../configuration-error";
import type { ObjectStore } from "../object-store";

/** The two stores behind a host name. */
export type StorePair = Readonly<Record<StoreName, ObjectStore>>;

/**
 * Two different stores, each under its own name, and neither behind the host name that fronts them.
 *
 * @throws ConfigurationError STORES_NOT_DISTINCT
 */
export function checkStorePair(stores: StorePair, hostname: string, path: string): void {
  for (const name of STORE_NAMES) {
    const store = stores[name];
    if (store.storeName !== name) {
      refuse(
        `${path}/${name}`,
        `the store given as ${name} calls itself ${store.storeName}`,
        store.storeName,
        `a store named "${name}"`,
        "give each store under its own name; to change roles, change activeProvider",
      );
    }
    if (!Token.isUnresolved(store.originHost) && store.originHost === hostname) {
      refuse(
        `${path}/${name}/originHost`,
        "the store is read through the load balancer's own host name, a loop",
        store.originHost,
        `any host name but ${hostname}`,
        "give the store an origin host of its own",
      );
    }
  }
  const { primary, secondary } = stores;
  if (!Token.isUnresolved(primary.originHost) && primary.originHost === secondary.originHost) {
    refuse(
      `${path}/secondary/originHost`,
      "both stores are read from one host: there would be nothing to fail over to",
      secondary.originHost,
      "two different origin hosts",
      "point one of them at the other store",
    );
  }
}

function refuse(path: string, what: string, value: unknown, allowed: string, fix: string): never {
  throw new ConfigurationError({ code: "STORES_NOT_DISTINCT", path, what, value, allowed, fix });
}
