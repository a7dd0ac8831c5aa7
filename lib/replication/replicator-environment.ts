import { MARKER_VARIABLES, REQUEST_TIMEOUT_VARIABLE, storeVariables } from "../../contract/environment";
import { markerRecordName } from "../../contract/marker";
import type { ObjectStore } from "../object-store";

export interface ReplicatorEnvironmentProps {
  readonly primary: ObjectStore;
  readonly secondary: ObjectStore;
  readonly hostname: string;
  readonly resolvers: readonly string[];
  readonly markerHoldSeconds: number;
  readonly requestTimeoutSeconds: number;
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
  };
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
