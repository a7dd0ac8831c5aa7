import {
  DELETIONS_VARIABLE,
  type DeletionMode,
  MARKER_VARIABLES,
  MAXIMUM_DELETIONS_PERCENT_VARIABLE,
  MAXIMUM_DELETIONS_VARIABLE,
  REQUEST_TIMEOUT_VARIABLE,
  S3_CLIENT_VARIABLE,
  type S3ClientName,
  storeVariables,
  TELLING_VARIABLES,
} from "../../contract/environment";
import { markerRecordName } from "../../contract/marker";
import type { ObjectStore } from "../object-store";
import type { ReplicatorWatchingProps } from "./watching-props";

export interface ReplicatorEnvironmentProps {
  readonly primary: ObjectStore;
  readonly secondary: ObjectStore;
  readonly hostname: string;
  readonly resolvers: readonly string[];
  readonly markerHoldSeconds: number;
  readonly requestTimeoutSeconds: number;
  readonly deletions?: DeletionMode;
  readonly maximumDeletions?: number;
  readonly maximumDeletionsPercent?: number;
  readonly s3Client?: S3ClientName;
}

/** The function's environment. Everyone who may look at the function can read it: it names secrets, and holds none. */
export function replicatorEnvironment(props: ReplicatorEnvironmentProps): Readonly<Record<string, string>> {
  return {
    ...storeEnvironment(props.primary),
    ...storeEnvironment(props.secondary),
    [MARKER_VARIABLES.name]: markerRecordName(props.hostname),
    [MARKER_VARIABLES.resolvers]: props.resolvers.join(","),
    [MARKER_VARIABLES.holdSeconds]: String(props.markerHoldSeconds),
    [REQUEST_TIMEOUT_VARIABLE]: String(props.requestTimeoutSeconds),
    ...chosen({
      [DELETIONS_VARIABLE]: props.deletions,
      [MAXIMUM_DELETIONS_VARIABLE]: props.maximumDeletions,
      [MAXIMUM_DELETIONS_PERCENT_VARIABLE]: props.maximumDeletionsPercent,
      [S3_CLIENT_VARIABLE]: props.s3Client,
    }),
  };
}

/** What the sweep alone is told: whom to tell of its runs. Secrets by their names. */
export function tellingEnvironment(props: ReplicatorWatchingProps): Readonly<Record<string, string>> {
  return chosen({
    [TELLING_VARIABLES.heartbeatSecret]: props.heartbeatSecretName,
    [TELLING_VARIABLES.otlpEndpoint]: props.otlpEndpoint,
    [TELLING_VARIABLES.otlpHeadersSecret]: props.otlpHeadersSecretName,
    [TELLING_VARIABLES.pushgatewayUrl]: props.pushgatewayUrl,
    [TELLING_VARIABLES.pushgatewayHeadersSecret]: props.pushgatewayHeadersSecretName,
  });
}

/** What is not chosen is left to the function's own defaults. */
function chosen(variables: Readonly<Record<string, string | number | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  );
}

function storeEnvironment(store: ObjectStore): Record<string, string> {
  const names = storeVariables(store.storeName);
  return {
    [names.endpoint]: store.endpoint,
    [names.bucket]: store.bucketName,
    [names.region]: store.region,
    [names.addressStyle]: store.addressStyle,
    ...(store.credentialsSecretName !== undefined && {
      [names.credentialsSecret]: store.credentialsSecretName,
    }),
  };
}
