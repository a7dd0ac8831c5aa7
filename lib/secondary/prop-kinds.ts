import type { PropKinds } from "../private/prop-kinds";
import type { EndpointStoreProps } from "./endpoint-store";
import type { MinioSecondaryStoreProps } from "./standby-props";

export const MINIO_SECONDARY_STORE_KINDS: PropKinds<MinioSecondaryStoreProps> = {
  bucketName: "text",
  originHost: "text",
  zoneName: "text",
  zoneId: "text",
  region: "text",
  volumeGiB: "number",
  longestOutageDays: "number?",
  sshKeyIds: "texts",
  size: "text?",
  serverName: "text?",
  serverGeneration: "number?",
  serverImage: "text?",
  vpcId: "text?",
  backups: "flag?",
  monitorAlertEmails: "texts?",
  monitorAlertDiskPercent: "number?",
  monitorAlertMemoryPercent: "number?",
  monitorAlertLoad: "number?",
  uptimeCheckHost: "text?",
  adminCidrs: "texts?",
  replicatorCidrs: "texts?",
  requireOriginSecret: "flag?",
  staleAfterSeconds: "number?",
  credentialsSecretName: "text?",
  protectFromDestroy: "flag?",
  tags: "texts?",
  provider: "object?",
  dnsProvider: "object?",
};

export const ENDPOINT_STORE_KINDS: PropKinds<EndpointStoreProps> = {
  bucketName: "text",
  endpoint: "text",
  region: "text",
  addressStyle: "text",
  originHost: "text",
  credentialsSecretName: "text",
  versioned: "flag",
  healthPath: "text?",
  healthBody: "text?",
};
