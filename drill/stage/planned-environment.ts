import {
  DEFAULT_LEASE_SECONDS,
  DEFAULT_WATERMARK_MARGIN_SECONDS,
  LEASE_VARIABLE,
  LOG_LEVEL_VARIABLE,
  MARKER_VARIABLES,
  REQUEST_TIMEOUT_VARIABLE,
  storeVariables,
  WATERMARK_MARGIN_VARIABLE,
} from "../../contract/environment";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import type { StoreAccess } from "../workload/store-access";
import type { PlannedReplicator } from "./planned-replicator";
import type { Timing } from "./timing";

export interface FunctionSurroundings {
  readonly stores: Readonly<Record<StoreName, StoreAccess>>;
  readonly resolverUrls: readonly string[];
  /** Base URL of Secrets Manager, or of what stands in for it. */
  readonly secretsEndpoint: string;
  readonly timing: Timing;
}

/** The function's own variables as planned, with addresses on this machine and scaled durations. */
export function plannedEnvironment(
  planned: PlannedReplicator,
  { stores, resolverUrls, secretsEndpoint, timing }: FunctionSurroundings,
): Record<string, string> {
  const addresses = STORE_NAMES.map((name) => ({
    [storeVariables(name).endpoint]: `http://${stores[name].host}:${stores[name].port}`,
    [storeVariables(name).addressStyle]: "path",
  }));
  return Object.assign({ ...planned.environment }, ...addresses, {
    [MARKER_VARIABLES.resolvers]: resolverUrls.join(","),
    [MARKER_VARIABLES.holdSeconds]: String(timing.holdMilliseconds / 1000),
    [REQUEST_TIMEOUT_VARIABLE]: String(timing.requestTimeoutMilliseconds / 1000),
    [LEASE_VARIABLE]: String(timing.milliseconds(DEFAULT_LEASE_SECONDS) / 1000),
    [WATERMARK_MARGIN_VARIABLE]: String(timing.milliseconds(DEFAULT_WATERMARK_MARGIN_SECONDS) / 1000),
    [LOG_LEVEL_VARIABLE]: "debug",
    AWS_ENDPOINT_URL_SECRETS_MANAGER: secretsEndpoint,
  });
}
