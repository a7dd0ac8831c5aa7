import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import type { FailoverLoadBalancerProps } from "../../lib/edge/failover-load-balancer";
import type { ObjectStore } from "../../lib/object-store";

/** What the edge and replication are told about the stores; their own tests hold that it is what they say. */
export const examplePrimary: ObjectStore = {
  storeName: "primary",
  bucketName: "example-assets-primary",
  region: "eu-central-1",
  endpoint: "https://s3.eu-central-1.amazonaws.com",
  addressStyle: "virtual",
  originHost: "example-assets-primary.s3.eu-central-1.amazonaws.com",
  versioned: true,
  healthPath: `/${HEALTH_KEY}`,
  healthBody: healthBody("primary"),
};

export const exampleSecondary: ObjectStore = {
  storeName: "secondary",
  bucketName: "assets-standby",
  region: "us-east-1",
  endpoint: "https://assets-standby.example.com",
  addressStyle: "path",
  originHost: "assets-standby.example.com",
  credentialsSecretName: "storage-failover/assets-standby",
  versioned: true,
  healthPath: `/${HEALTH_KEY}`,
  healthBody: healthBody("secondary"),
};

/** All that an edge must be given. */
export const exampleEdgeProps: FailoverLoadBalancerProps = {
  primary: examplePrimary,
  secondary: exampleSecondary,
  activeProvider: "primary",
  hostname: "assets.example.com",
  zoneName: "example.com",
  zoneId: "zone",
  accountId: "account",
};
