import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { ConfigurationError, type ConfigurationProblem } from "../configuration-error";
import type { ObjectStore } from "../object-store";
import { OBJECT_STORE_KINDS } from "../object-store-kinds";
import { checkHealthBody, checkHealthPath } from "./health-settings";
import { checkKinds } from "./prop-kinds";

/** The two stores behind a host name. */
export type StorePair = Readonly<Record<StoreName, ObjectStore>>;

/**
 * Two different stores, each under its own name, and neither behind the host name that fronts them.
 *
 * @param path the construct's path; the prop's name is added
 * @throws ConfigurationError STORES_NOT_DISTINCT, VALUE_INVALID
 */
export function checkStorePair(stores: StorePair, hostname: string, path: string): void {
  for (const name of STORE_NAMES) {
    checkStore(name, stores[name], hostname, `${path}/${name}`);
  }
  const { primary, secondary } = stores;
  if (primary.endpoint === secondary.endpoint && primary.bucketName === secondary.bucketName) {
    refuse({
      path: `${path}/secondary`,
      what: "both stores are the same bucket",
      value: `${secondary.endpoint}/${secondary.bucketName}`,
      allowed: "two buckets with host names of their own",
      fix: "give the secondary another bucket on another provider",
    });
  }
  if (primary.originHost === secondary.originHost) {
    refuse({
      path: `${path}/secondary/originHost`,
      what: "both stores are read from one host: there would be nothing to fail over to",
      value: secondary.originHost,
      allowed: "two different origin hosts",
      fix: "point one of them at the other store",
    });
  }
}

function checkStore(name: StoreName, store: ObjectStore, hostname: string, path: string): void {
  checkKinds(store, OBJECT_STORE_KINDS, path, "allowed");
  if (store.storeName !== name) {
    refuse({
      path,
      what: `the store given as ${name} calls itself ${store.storeName}`,
      value: store.storeName,
      allowed: `a store named "${name}"`,
      fix: "give each store under its own name; to change roles, change activeProvider",
    });
  }
  // With an empty body, monitors would take any answer for the health object.
  checkHealthBody(store.healthBody, `${path}/healthBody`);
  checkHealthPath(store.healthPath, `${path}/healthPath`);
  if (store.originHost === hostname) {
    refuse({
      path: `${path}/originHost`,
      what: "the store is read through the load balancer's own host name, a loop",
      value: store.originHost,
      allowed: `any host name but ${hostname}`,
      fix: "give the store an origin host of its own",
    });
  }
}

function refuse(problem: Omit<ConfigurationProblem, "code">): never {
  throw new ConfigurationError({ code: "STORES_NOT_DISTINCT", ...problem });
}
