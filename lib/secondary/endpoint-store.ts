import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import type { AddressStyle, ObjectStore } from "../object-store";
import { checkBucketName } from "../private/bucket-name";
import { checkHealthBody, checkHealthPath } from "../private/health-settings";
import { checkHostName } from "../private/host-name";
import { checkKnownAtSynth } from "../private/known-at-synth";
import { checkOneOf } from "../private/one-of";
import { checkKinds } from "../private/prop-kinds";
import { checkNewSecretName } from "../private/secret-name";
import { checkEndpoint, checkSigningRegion } from "./endpoint-settings";
import { ENDPOINT_STORE_KINDS } from "./prop-kinds";

/** What must be known of a store that exists. */
export interface EndpointStoreProps {
  /** 3 to 63 lower-case letters, digits and hyphens; no dots. The bucket must exist. */
  readonly bucketName: string;
  /** S3 API base URL without the bucket, as in `https://fra1.digitaloceanspaces.com`. */
  readonly endpoint: string;
  /** Region that requests are signed for: `auto` for R2, `us-east-1` where the store knows none. */
  readonly region: string;
  /** Whether the API takes the bucket from the host name (`virtual`) or from the first segment of the path (`path`). */
  readonly addressStyle: AddressStyle;
  /**
   * Host name that serves anonymous reads as `https://<originHost>/<key>`. Not one that Cloudflare proxies: it refuses
   * those as origins.
   */
  readonly originHost: string;
  /** Name of the Secrets Manager secret that holds `{"accessKeyId","secretAccessKey"}` of the store. */
  readonly credentialsSecretName: string;
  /**
   * Whether the bucket keeps old versions. Not on R2, which has none: there an overwrite is final, what was deleted
   * on the active store stays and is reported, and deletions made on this store while it is active cannot be proven, so that
   * they are not carried back.
   */
  readonly versioned: boolean;
  /**
   * Path of the health object on `originHost`. The object is yours to put there.
   *
   * @default "/storage-failover-health.txt"
   */
  readonly healthPath?: string;
  /**
   * What the health object says; must name the store, so that an origin that points at another one is unhealthy.
   *
   * @default "storage-failover secondary is healthy"
   */
  readonly healthBody?: string;
}

/** Where the store is said to be, in messages: it is no construct. */
const PLACE = "MinioSecondaryStore.fromEndpoint";

/**
 * Any S3-compatible store that exists (R2, Spaces, Wasabi, Ceph) as the secondary. `storage-failover probe-store` tells
 * whether it can be one.
 *
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, VALUE_INVALID
 */
export function endpointStore(props: EndpointStoreProps): ObjectStore {
  checkKinds(props, ENDPOINT_STORE_KINDS, PLACE);
  const store: ObjectStore = {
    storeName: "secondary",
    bucketName: props.bucketName,
    region: props.region,
    endpoint: props.endpoint,
    addressStyle: props.addressStyle,
    originHost: props.originHost,
    credentialsSecretName: props.credentialsSecretName,
    versioned: props.versioned,
    healthPath: props.healthPath ?? `/${HEALTH_KEY}`,
    healthBody: props.healthBody ?? healthBody("secondary"),
  };
  checkStore(store, props);
  return store;
}

function checkStore(store: ObjectStore, props: EndpointStoreProps): void {
  const path = (prop: keyof EndpointStoreProps) => `${PLACE}/${prop}`;
  for (const prop of [
    "bucketName",
    "region",
    "endpoint",
    "addressStyle",
    "originHost",
    "healthPath",
    "healthBody",
  ] as const) {
    checkKnownAtSynth(store[prop], path(prop));
  }
  checkKnownAtSynth(props.credentialsSecretName, path("credentialsSecretName"));
  checkBucketName(store.bucketName, path("bucketName"));
  checkEndpoint(store.endpoint, path("endpoint"));
  checkSigningRegion(store.region, path("region"));
  checkOneOf(store.addressStyle, ["virtual", "path"], path("addressStyle"), {
    what: "this is not a way to address a bucket",
    fix: 'use "path" unless the store asks for host names',
  });
  checkHostName(store.originHost, path("originHost"));
  checkNewSecretName(props.credentialsSecretName, path("credentialsSecretName"));
  checkHealthPath(store.healthPath, path("healthPath"));
  checkHealthBody(store.healthBody, path("healthBody"));
}
