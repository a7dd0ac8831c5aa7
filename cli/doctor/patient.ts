import { isStoreName } from "../../contract/stores";
import { EDGE_FACTS_FILE } from "../../operate/edge-facts";
import { known, NotAskedError, notAsked } from "../../operate/observe/ask";
import { askOrigin } from "../../operate/observe/origin-answer";
import { measuredIn } from "../../operate/runbook/measured";
import { renderRunbook } from "../../operate/runbook/render-runbook";
import { staleLines } from "../../operate/runbook/stale-lines";
import type { DoctorArguments } from "../commands/doctor";
import { RUNBOOK_FILE, standingSource, textIfThere } from "../runbook/runbook-source";
import { originQuestion, originVariable, resolverAddresses } from "../status/observation-sources";
import { configuredStores, speaksForItself } from "../stores/configured-stores";
import { credentialsFor } from "../stores/credentials-for";
import { openStore } from "../stores/open-stores";
import { plannedEdge } from "../stores/planned-edge";
import { plannedMember, plannedStack } from "../stores/planned-stack";
import { givenCredentials } from "../stores/side-credentials";
import { planPlace, storeOptions } from "../stores/store-arguments";
import { WrongUseError } from "../wrong-use-error";
import type { Amount } from "./bucket-size";
import type { Patient, RunbookState } from "./check";
import { askEndpoint, endpointsOf } from "./endpoints";
import { sizeOfBucket, sizeOfVolume } from "./sizes";

const CLOUDFLARE_API = "https://api.cloudflare.com/client/v4/";

/** Seconds for an origin's answer. */
const ORIGIN_SECONDS = 10;

/** @param onListed - told how much of the bucket was listed so far */
export function patientOf(
  given: DoctorArguments,
  environment: Patient["environment"],
  signal: AbortSignal,
  onListed: (current: Amount) => void,
): Patient {
  const place = { ...planPlace(given), environment };
  const config = once(() => configuredStores(place));
  const edge = once(async () => (speaksForItself(place) ? undefined : plannedEdge(place)));
  const store: Patient["store"] = async (name) => {
    const configured = await config();
    if (configured === undefined) {
      throw new WrongUseError("no stores are configured here; run npx cdktf synth");
    }
    const secretName = configured.stores[name].credentialsSecret;
    const secret =
      secretName === undefined ? undefined : { name: secretName, region: configured.plannedRegion };
    const credentials = credentialsFor(name, secret, environment);
    return { ...(await openStore({ store: name }, { ...place, credentials })), secretName };
  };
  /** The store whose bucket has to fit; its own pair where the command was given none for it. */
  const measuredStore = () => {
    const name = given.store ?? "primary";
    const isOwn = isStoreName(name) && givenCredentials("store", environment) === undefined;
    return isOwn ? store(name) : openStore(storeOptions(given, name), place);
  };
  return {
    environment,
    signal,
    bucket: once(() => sizeOfBucket(given, measuredStore, signal, onListed)),
    volume: once(() => sizeOfVolume(given)),
    store,
    endpoints: once(async () => {
      const configured = await config();
      const endpoints = endpointsOf({
        cloudflare: new URL(environment.CLOUDFLARE_BASE_URL ?? CLOUDFLARE_API),
        resolvers: resolverAddresses(configured, environment).map((url) => new URL(url)),
        stores: configured
          ? { primary: urlOf(configured.stores.primary), secondary: urlOf(configured.stores.secondary) }
          : {},
      });
      return Promise.all(endpoints.map((one) => askEndpoint(one, signal)));
    }),
    origin: async (store) => {
      const question = originQuestion(store, (await edge())?.plan, environment[originVariable(store)]);
      const ask = question ? (one: AbortSignal) => askOrigin(question, one) : notAsked("no plan names it");
      return known(ask, ORIGIN_SECONDS, signal);
    },
    cloudflare: async () => {
      const { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_BASE_URL: baseUrl } = environment;
      if (!token) throw new NotAskedError("set CLOUDFLARE_API_TOKEN");
      const { CloudflareApi } = await import("../../operate/cloudflare/cloudflare-api.js");
      return new CloudflareApi({ token, baseUrl });
    },
    facts: once(async () => {
      const { readFacts } = await import("../../operate/facts/facts-file.js");
      return readFacts(given.facts ?? EDGE_FACTS_FILE);
    }),
    serverImage: async () => {
      const stack = await plannedStack(place, "secondary");
      const [droplet] = Object.values(plannedMember(stack, "resource", "digitalocean_droplet"));
      return imageIn(JSON.stringify(droplet ?? ""));
    },
    runbook: () => runbookState(given),
  };
}

function urlOf({ endpoint }: { readonly endpoint: string }): URL {
  return new URL(endpoint);
}

/** The image as the droplet's own files name it. */
function imageIn(text: string): string | undefined {
  return /[\w.-]+(?::\d+)?\/[\w./-]+:RELEASE\.[\w-]+(?:@sha256:[0-9a-f]{64})?/.exec(text)?.[0];
}

async function runbookState(given: DoctorArguments): Promise<RunbookState | undefined> {
  const file = given.runbook ?? RUNBOOK_FILE;
  const committed = await textIfThere(file);
  if (committed === undefined) return undefined;
  const source = await standingSource({ ...planPlace(given), facts: given.facts });
  const current = renderRunbook({ ...source, measured: measuredIn(committed) });
  return { file, staleLines: staleLines(committed, current).length };
}

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => {
    answer ??= ask();
    return answer;
  };
}
