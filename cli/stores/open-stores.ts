import { readFile } from "node:fs/promises";
import { S3_CLIENT_NAMES, S3_CLIENT_VARIABLE, type S3ClientName } from "../../contract/environment";
import { isStoreName, type StoreName } from "../../contract/stores";
import { errorReason } from "../../drill/machine/caught-error";
import type { CredentialsSource } from "../../lambda/s3/credentials-source";
import type { ObjectClient } from "../../lambda/s3/object-client";
import type { ObjectClientOptions } from "../../lambda/s3/object-client-options";
import { openObjectClient } from "../../lambda/s3/open-object-client";
import { WrongUseError } from "../wrong-use-error";
import { type ConfiguredStores, configuredStores } from "./configured-stores";
import { credentialsFor } from "./credentials-for";
import type { PlanPlace } from "./planned-stack";
import type { StoreRole } from "./side-credentials";
import { type StoreAddress, storeAddress } from "./store-address";

type Environment = Readonly<Record<string, string | undefined>>;

/** One side as the options name it. */
export interface StoreOptions {
  readonly store: string;
  readonly region?: string;
  readonly addressStyle?: StoreAddress["addressStyle"];
  /** PEM file with authorities to trust beside the usual ones. */
  readonly caFile?: string;
}

/** `synthesized` and `stackPrefix`: see `configuredStores`. */
export interface OpenRequest extends PlanPlace {
  readonly from: StoreOptions;
  readonly to: StoreOptions;
  /** Connections of each side at most. */
  readonly maxSockets?: number;
  readonly environment: Environment;
}

export interface OpenedStore {
  readonly client: ObjectClient;
  /** Set when this is a store of the configuration, whether it was named or given by its address. */
  readonly name?: StoreName;
  /** For machines. */
  readonly place: { readonly name?: StoreName; readonly endpoint: string; readonly bucket: string };
  /** Names the store where its identity cannot be read. */
  readonly address: string;
  /** For people, as in `primary (assets at https://s3.eu-central-1.amazonaws.com)`. */
  readonly label: string;
}

/** A store, and how its client reaches it: for what the client does not do. The key pair is hidden in its source. */
export interface ReachableStore extends OpenedStore {
  readonly connection: ObjectClientOptions;
}

export interface OpenedStores {
  readonly source: OpenedStore;
  readonly destination: OpenedStore;
  /** The configuration, where there is one. */
  readonly config?: ConfiguredStores;
  close(): void;
}

/** What is the same for every store that one command opens. */
interface Surroundings extends Pick<OpenRequest, keyof PlanPlace | "maxSockets" | "environment"> {
  /** @default - see `credentialsFor` */
  readonly credentials?: CredentialsSource;
}

/** @throws WrongUseError for stores that cannot be meant */
export async function openStores(request: OpenRequest): Promise<OpenedStores> {
  const { from, to } = request;
  const config = await configuredStores(request);
  const locations = { from: locate("from", from, request, config), to: locate("to", to, request, config) };
  if (sameBucket(locations.from.address, locations.to.address)) {
    throw new WrongUseError(`--from and --to are the same bucket: ${labelOf(locations.to)}`);
  }
  const authorities = {
    from: await certificateAuthorities("from", from.caFile),
    to: await certificateAuthorities("to", to.caFile),
  };
  const source = open("from", locations.from, authorities.from, request, config);
  const destination = open("to", locations.to, authorities.to, request, config);
  return {
    source,
    destination,
    config,
    close: () => {
      source.client.close();
      destination.client.close();
    },
  };
}

/**
 * The only store of a command, as `--store` names it. Whoever opens it closes its client.
 *
 * @throws WrongUseError for a store that cannot be meant
 */
export async function openStore(
  options: StoreOptions,
  surroundings: Surroundings,
): Promise<ReachableStore & Pick<OpenedStores, "config">> {
  const config = await configuredStores(surroundings);
  const location = locate("store", options, surroundings, config);
  const authorities = await certificateAuthorities("store", options.caFile);
  return { ...open("store", location, authorities, surroundings, config), config };
}

function open(
  role: StoreRole,
  location: Location,
  certificateAuthorities: string | undefined,
  { environment, maxSockets, credentials }: Surroundings,
  config: ConfiguredStores | undefined,
): ReachableStore {
  const { address, name, credentialsSecret } = location;
  const secret =
    credentialsSecret === undefined ? undefined : { name: credentialsSecret, region: config?.plannedRegion };
  const options = {
    ...address,
    credentials: credentials ?? credentialsFor(role, secret, environment),
    certificateAuthorities,
    maxSockets,
    requestTimeoutSeconds: config?.requestTimeoutSeconds,
  };
  return {
    client: openObjectClient(clientName(environment), options),
    connection: options,
    name,
    place: { name, endpoint: address.endpoint, bucket: address.bucket },
    address: `${address.endpoint}/${address.bucket}`,
    label: labelOf(location),
  };
}

interface Location {
  readonly address: StoreAddress;
  readonly name?: StoreName;
  readonly credentialsSecret?: string;
}

function locate(
  role: StoreRole,
  { store, region, addressStyle }: StoreOptions,
  { environment }: Surroundings,
  config: ConfiguredStores | undefined,
): Location {
  const option = `--${role}`;
  if (!isStoreName(store)) {
    const awsRegion = environment.AWS_REGION || environment.AWS_DEFAULT_REGION;
    const address = storeAddress(store, { option, region, addressStyle, awsRegion });
    const name = nameOf(address, config);
    return { address, name, credentialsSecret: name && config?.stores[name].credentialsSecret };
  }
  if (config === undefined) {
    throw new WrongUseError(
      `${option} ${store}: no stores are configured here; run npx cdktf synth and give its folder with --synthesized, or give the store's address`,
    );
  }
  if (region !== undefined || addressStyle !== undefined) {
    throw new WrongUseError(
      `${option} ${store} is configured; ${option}-region and ${option}-address-style are for addresses`,
    );
  }
  const { credentialsSecret, ...address } = config.stores[store];
  return { address, name: store, credentialsSecret };
}

/** Which of the configured stores an address leads to, if any: what guards a store must not depend on how it is called. */
function nameOf(address: StoreAddress, config: ConfiguredStores | undefined): StoreName | undefined {
  if (config === undefined) return undefined;
  return Object.keys(config.stores)
    .filter(isStoreName)
    .find((name) => sameBucket(config.stores[name], address));
}

function sameBucket(left: StoreAddress, right: StoreAddress): boolean {
  return left.bucket === right.bucket && new URL(left.endpoint).host === new URL(right.endpoint).host;
}

function labelOf({ address, name }: Location): string {
  const place = `${address.bucket} at ${address.endpoint}`;
  return name === undefined ? place : `${name} (${place})`;
}

/** The same variable as the replicator's. */
function clientName(environment: Environment): S3ClientName {
  const given = environment[S3_CLIENT_VARIABLE] || S3_CLIENT_NAMES[0];
  const known = S3_CLIENT_NAMES.find((name) => name === given);
  if (known !== undefined) return known;
  throw new WrongUseError(`${S3_CLIENT_VARIABLE} is "${given}"; allowed: ${S3_CLIENT_NAMES.join(", ")}`);
}

async function certificateAuthorities(
  role: StoreRole,
  file: string | undefined,
): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw new WrongUseError(`--${role}-ca-file "${file}" cannot be read: ${errorReason(error)}`, {
      cause: error,
    });
  });
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw new WrongUseError(`--${role}-ca-file "${file}" holds no PEM certificate`);
  }
  return text;
}
