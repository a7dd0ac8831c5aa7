import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import type { ObjectStore } from "../../lib/object-store";

/** A store as the edge and replication see it, without any cloud behind it. */
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
