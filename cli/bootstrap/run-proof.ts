import { text } from "node:stream/consumers";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { DnsOverHttpsMarker } from "../../lambda/marker/dns-over-https";
import type { ReplicatorConfig } from "../../lambda/replicator/config";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { staticCredentials } from "../../lambda/s3/static-credentials";
import { credentialsFor } from "../stores/credentials-for";
import { awaitAnswer } from "./await-answer";
import { enrolledPair } from "./run-enroll";
import { publicHostname } from "./synthesized-stacks";
import type { RunStep, WalkContext } from "./walk-context";

/** What must be true at the end: each store answers for itself, the marker can be read, readers are served. */
export const runProof: RunStep = async (context) => {
  const config = await context.surroundings.network.stores(
    context.project.outputFolder,
    context.app.stackPrefix,
  );
  for (const name of STORE_NAMES) await proveStore(context, config, name);
  const marker = await awaitAnswer(context, {
    what: `the marker ${config.markerName}`,
    look: () => new DnsOverHttpsMarker({ recordName: config.markerName, resolvers: config.resolvers }).read(),
    remedy: `look at the TXT record ${config.markerName} at Cloudflare; a new name takes a minute to be known`,
  });
  const served = await proveReaders(context);
  return {
    outcome: "done",
    result: `both stores answer, the marker says ${marker.active}`,
    details: served === undefined ? [] : [`readers of ${served.hostname} are served by ${served.store}`],
  };
};

async function proveStore(context: WalkContext, config: ReplicatorConfig, name: StoreName): Promise<void> {
  const store = config.stores[name];
  const pair = await enrolledPair(context, store);
  const side = name === "primary" ? "from" : "to";
  const client = openObjectClient("thin", {
    ...store,
    credentials: pair
      ? staticCredentials(pair)
      : credentialsFor(side, undefined, context.surroundings.environment),
  });
  try {
    await awaitAnswer(context, {
      what: `the health object of ${name}`,
      look: async () => checkHealth(name, await text((await client.get(HEALTH_KEY)).body)),
      remedy: `look at ${HEALTH_KEY} in ${store.bucket} at ${store.endpoint}`,
    });
  } finally {
    client.close();
  }
}

async function proveReaders(
  context: WalkContext,
): Promise<{ readonly hostname: string; readonly store: StoreName } | undefined> {
  const hostname = publicHostname(context.app);
  if (hostname === undefined) return undefined;
  const url = new URL(`https://${hostname}/${HEALTH_KEY}`);
  const store = await awaitAnswer(context, {
    what: `https://${hostname}`,
    look: async () => {
      const { status, body } = await context.surroundings.network.answer(url, context.signal);
      const found = STORE_NAMES.find((name) => body.trim() === healthBody(name));
      if (status !== 200 || found === undefined) {
        throw new Error(`status ${status}, and no store's health object`);
      }
      return found;
    },
    remedy:
      "look at the pools' health at Cloudflare (Traffic, Load Balancing); SSL/TLS mode has to be Full (strict)",
  });
  return { hostname, store };
}

function checkHealth(name: StoreName, body: string): void {
  if (body.trim() !== healthBody(name)) throw new Error(`it says "${body.trim().slice(0, 60)}"`);
}
