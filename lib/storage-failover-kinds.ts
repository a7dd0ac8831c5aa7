import type { Objectives } from "./declared-objectives";
import type { PropKinds } from "./private/prop-kinds";
import type { ProviderVersions } from "./provider-versions";
import type { StorageFailoverProps } from "./storage-failover-props";

/** What each construct is given is checked there. */
export const STORAGE_FAILOVER_KINDS: PropKinds<StorageFailoverProps> = {
  activeProvider: "checked",
  hostname: "text",
  zoneName: "text",
  zoneId: "text",
  accountId: "text",
  primary: "object?",
  existingPrimary: "object?",
  secondary: "object?",
  existingSecondary: "object?",
  replication: "object?",
  edge: "object?",
  stackNamePrefix: "text?",
  backend: "object",
  edgeBackend: "object?",
  objectives: "object?",
  useOriginSecret: "flag?",
  acceptPreviousOriginSecret: "flag?",
  providerVersions: "object?",
  checkExceptions: "objects?",
  longestOutageDays: "number?",
  protectFromDestroy: "flag?",
  tags: "textsByName?",
};

export const OBJECTIVES_KINDS: PropKinds<Objectives> = { rtoSeconds: "number?", rpoSeconds: "number?" };

export const PROVIDER_VERSIONS_KINDS: PropKinds<ProviderVersions> = {
  aws: "text?",
  cloudflare: "text?",
  digitalocean: "text?",
};
