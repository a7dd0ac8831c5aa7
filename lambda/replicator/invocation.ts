import type { StoreName } from "../../contract/stores";
import { DnsOverHttpsMarker } from "../marker/dns-over-https";
import { environmentCredentials } from "../s3/environment-credentials";
import type { ObjectClient } from "../s3/object-client";
import { openObjectClient } from "../s3/open-object-client";
import { secretCredentials } from "../s3/secret-credentials";
import { secretsManager } from "../s3/secrets-manager";
import { systemClock } from "./clock";
import { type ReplicatorConfig, readConfig } from "./config";
import { writeLine } from "./run-log";
import type { RunOptions } from "./run-options";
import type { TellingOptions } from "./telling/tell";

/** What the functions use of Lambda's context. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}

export const config = readConfig(process.env);

const readSecret = secretsManager();
const clients = { primary: clientFor("primary", config), secondary: clientFor("secondary", config) };
const marker = new DnsOverHttpsMarker({ recordName: config.markerName, resolvers: config.resolvers });

/**
 * What every driver needs in one invocation.
 *
 * @param by - the driver, for the epoch journal
 */
export function optionsFor(context: InvocationContext, by: string): RunOptions {
  // What is in flight when time runs out may take as long as a request may, and the state is written after.
  const reserve = Math.min(2 * config.requestTimeoutSeconds * 1000, context.getRemainingTimeInMillis() / 2);
  return {
    clients,
    marker,
    holdMilliseconds: config.holdSeconds * 1000,
    budgetMilliseconds: context.getRemainingTimeInMillis() - reserve,
    by,
    watermarkMarginMilliseconds: config.watermarkMarginSeconds * 1000,
    leaseMilliseconds: config.leaseSeconds * 1000,
    deletes: config.deletes,
    clock: systemClock,
    random: Math.random,
    onCopied: config.logsCopies ? (record) => writeLine(JSON.stringify(record)) : undefined,
  };
}

/** Two attempts at a heartbeat, and room to read a secret before. */
const TELLING_MILLISECONDS = 15_000;

/** Telling others of a run may not cost the run: it ends before the process is cut off. */
export function tellingOptions(context: InvocationContext): TellingOptions {
  return {
    config: config.telling,
    readSecret,
    clock: systemClock,
    bucket: config.stores.primary.bucket,
    budgetMilliseconds: Math.min(TELLING_MILLISECONDS, context.getRemainingTimeInMillis() / 2),
  };
}

function clientFor(
  store: StoreName,
  { stores, requestTimeoutSeconds, s3Client }: ReplicatorConfig,
): ObjectClient {
  const { credentialsSecret, ...location } = stores[store];
  const credentials =
    credentialsSecret === undefined
      ? environmentCredentials(process.env)
      : secretCredentials(credentialsSecret, { readSecret });
  return openObjectClient(s3Client, { ...location, credentials, requestTimeoutSeconds });
}
