import type { TerraformProvider } from "cdktf";
import { checkBucketName } from "../private/bucket-name";
import { checkCloudflareId } from "../private/cloudflare-id";
import { checkHostName } from "../private/host-name";
import { checkKnownAtSynth } from "../private/known-at-synth";
import { checkMailAddresses } from "../private/mail-addresses";
import { checkNetworkRanges } from "../private/network-range";
import { checkLongestOutage } from "../private/old-versions";
import { checkKinds } from "../private/prop-kinds";
import { checkNewSecretName } from "../private/secret-name";
import { checkWholeNumber, type WholeNumberRange } from "../private/whole-number";
import { checkSomebodyIsTold } from "./alert-settings";
import {
  checkDropletRegion,
  checkDropletSize,
  checkDropletTags,
  checkReplicatorRanges,
  checkSshKeyIds,
  checkVpcId,
} from "./droplet-settings";
import { checkOriginHostBelowZone } from "./origin-host";
import { MINIO_SECONDARY_STORE_KINDS } from "./prop-kinds";
import { checkServerImage } from "./server-image";
import { checkServerName } from "./server-name";

export interface MinioSecondaryStoreProps {
  /** 3 to 63 lower-case letters, digits and hyphens; no dots. */
  readonly bucketName: string;
  /** Host name of the droplet, one label below the zone. Its record is DNS-only: the proxy breaks signed requests. */
  readonly originHost: string;
  /** Name of the Cloudflare zone, as in `example.com`. */
  readonly zoneName: string;
  /** Id of the Cloudflare zone. */
  readonly zoneId: string;
  /** DigitalOcean region, as in `fra1`. Requests are signed for `us-east-1` wherever the droplet stands. */
  readonly region: string;
  /** Size of the volume that holds the objects, in GiB. It can grow later, never shrink. */
  readonly volumeGiB: number;
  /**
   * Days of the longest outage to be survived, 1 to 3650. Old versions are kept a week longer: they prove what was
   * deleted and what was written over while the other store was away. Delete markers are kept for good.
   *
   * @default 30
   */
  readonly longestOutageDays?: number;
  /** Ids or fingerprints of the SSH keys that may log in; at least one, else DigitalOcean mails a password. */
  readonly sshKeyIds: readonly string[];
  /**
   * DigitalOcean's code for the droplet's size.
   *
   * @default "s-2vcpu-4gb"
   */
  readonly size?: string;
  /**
   * Name of the droplet, the volume and the firewall; beginning with a letter.
   *
   * @default - `bucketName`
   */
  readonly serverName?: string;
  /**
   * Raise it to replace the droplet, which is how a changed provisioning reaches it. Objects, certificates and
   * root credentials stay on the volume; the store is away for some minutes. Power the droplet off first: Terraform
   * detaches the volume before it removes the droplet.
   *
   * @default 1
   */
  readonly serverGeneration?: number;
  /**
   * Container image with MinIO's command line, and `mc` in it. MinIO itself gets no more fixes; `pgsty/silo` is a fork
   * with the same command line that does: give it with its registry, pinned by digest.
   *
   * @default - MinIO's last image, `RELEASE.2025-09-07T16-13-09Z`, pinned by its digest
   */
  readonly serverImage?: string;
  /**
   * Id of the VPC that the droplet joins, in the same region. A change replaces the droplet, as `serverGeneration` does.
   *
   * @default - the region's default VPC
   */
  readonly vpcId?: string;
  /**
   * Whether DigitalOcean backs the droplet up. Objects, certificates and root credentials are on the volume and so in
   * no backup; the droplet itself is made again by the provisioning.
   *
   * @default false
   */
  readonly backups?: boolean;
  /**
   * Addresses that DigitalOcean mails when disk, memory or load are above their limits, and when the uptime check fails.
   * They must belong to members of the DigitalOcean team. There is no Slack target: its URL is a secret, which
   * Terraform's state would hold.
   *
   * @default - nobody is told
   */
  readonly monitorAlertEmails?: readonly string[];
  /**
   * Percent of the disk in use above which an alert is sent, after 5 minutes. DigitalOcean measures the droplet's own
   * disk; a full volume shows as failures of the replicator.
   *
   * @default 80
   */
  readonly monitorAlertDiskPercent?: number;
  /**
   * Percent of the memory in use above which an alert is sent, after 5 minutes.
   *
   * @default 90
   */
  readonly monitorAlertMemoryPercent?: number;
  /**
   * Processes that run or wait, on average of 5 minutes, above which an alert is sent, after 10 minutes.
   *
   * @default 4
   */
  readonly monitorAlertLoad?: number;
  /**
   * Host name that readers use, as in `assets.example.com`: DigitalOcean asks it for the health object from several
   * continents and mails `monitorAlertEmails` when nobody gets an answer for 2 minutes, or when its certificate ends
   * within 14 days. Such a check watches the edge from outside of AWS and Cloudflare; it costs about a dollar a month.
   *
   * @default - no uptime check
   */
  readonly uptimeCheckHost?: string;
  /**
   * Networks from which SSH is open, in CIDR notation. `storage-failover enroll` needs it.
   *
   * @default - SSH is closed
   */
  readonly adminCidrs?: readonly string[];
  /**
   * The replicator's networks, in CIDR notation, at least one. HTTPS is then closed to all but these and Cloudflare.
   *
   * @default - HTTPS is open, because a function has no fixed address; only Cloudflare may read without a signature
   */
  readonly replicatorCidrs?: readonly string[];
  /**
   * Whether unsigned requests must carry a secret that the edge sends as `Referer`. Cloudflare's addresses are shared by
   * all of its customers; this tells yours apart. The secrets are no part of the plan: `storage-failover enroll`
   * brings them to the droplet, and until then nobody may read without a signature.
   *
   * @default false
   */
  readonly requireOriginSecret?: boolean;
  /**
   * While this store is the standby and behind by more than so many seconds, 60 to 604800, its answers say so:
   * `Storage-Failover-Stale: 840`. A change reaches a droplet with its next `serverGeneration`.
   *
   * @default 600
   */
  readonly staleAfterSeconds?: number;
  /**
   * Name of the Secrets Manager secret that holds, or will hold, the replicator's key pair.
   *
   * @default - `storage-failover/<bucketName>`
   */
  readonly credentialsSecretName?: string;
  /**
   * Whether Terraform refuses to destroy the volume.
   *
   * @default true
   */
  readonly protectFromDestroy?: boolean;
  /**
   * DigitalOcean tags of the droplet and the volume: letters, digits, colons, hyphens and underscores.
   *
   * @default - none
   */
  readonly tags?: readonly string[];
  /** @default - the stack's only `digitalocean` provider */
  readonly provider?: TerraformProvider;
  /** @default - the stack's only `cloudflare` provider */
  readonly dnsProvider?: TerraformProvider;
}

/** What other stacks are told, or what files on the droplet are written with. */
const KNOWN_AT_SYNTH = [
  "bucketName",
  "originHost",
  "zoneName",
  "serverName",
  "serverImage",
  "credentialsSecretName",
  "uptimeCheckHost",
] as const;

const NUMBERS = {
  volumeGiB: { least: 1, most: 16_384, unit: "GiB" },
  serverGeneration: { least: 1, most: 1_000_000, unit: "generations" },
  staleAfterSeconds: { least: 60, most: 604_800, unit: "seconds" },
  monitorAlertDiskPercent: { least: 1, most: 99, unit: "percent" },
  monitorAlertMemoryPercent: { least: 1, most: 99, unit: "percent" },
  monitorAlertLoad: { least: 1, most: 1000, unit: "processes" },
} as const satisfies Partial<Record<keyof MinioSecondaryStoreProps, WholeNumberRange>>;

/**
 * @param constructPath - the names of props are added to it
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, ORIGIN_HOST_NOT_BELOW_ZONE, SERVER_IMAGE_REFUSED,
 * NUMBER_OUT_OF_RANGE, VALUE_INVALID
 */
export function checkStandbyProps(props: MinioSecondaryStoreProps, constructPath: string): void {
  const path = (prop: keyof MinioSecondaryStoreProps) => `${constructPath}/${prop}`;
  checkKinds(props, MINIO_SECONDARY_STORE_KINDS, constructPath);
  for (const prop of KNOWN_AT_SYNTH) {
    checkKnownAtSynth(props[prop] ?? "", path(prop));
  }
  for (const prop of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    const value = props[prop];
    if (value !== undefined) checkWholeNumber(value, NUMBERS[prop], path(prop));
  }
  checkLongestOutage(props.longestOutageDays, path("longestOutageDays"));
  checkBucketName(props.bucketName, path("bucketName"));
  checkOriginHostBelowZone(props.originHost, props.zoneName, path("originHost"));
  checkDropletRegion(props.region, path("region"));
  checkSshKeyIds(props.sshKeyIds, path("sshKeyIds"));
  checkServerName(
    props.serverName ?? props.bucketName,
    path(props.serverName === undefined ? "bucketName" : "serverName"),
  );
  checkNetworkRanges(props.adminCidrs ?? [], path("adminCidrs"));
  if (props.replicatorCidrs !== undefined) {
    checkReplicatorRanges(props.replicatorCidrs, path("replicatorCidrs"));
  }
  if (props.size !== undefined) checkDropletSize(props.size, path("size"));
  checkDropletTags(props.tags ?? [], path("tags"));
  checkCloudflareId(props.zoneId, path("zoneId"));
  if (props.serverImage !== undefined) checkServerImage(props.serverImage, path("serverImage"));
  if (props.vpcId !== undefined) checkVpcId(props.vpcId, path("vpcId"));
  if (props.credentialsSecretName !== undefined) {
    checkNewSecretName(props.credentialsSecretName, path("credentialsSecretName"));
  }
  if (props.uptimeCheckHost !== undefined) checkHostName(props.uptimeCheckHost, path("uptimeCheckHost"));
  checkMailAddresses(
    props.monitorAlertEmails ?? [],
    path("monitorAlertEmails"),
    "members of the DigitalOcean team",
  );
  checkSomebodyIsTold(props, path("monitorAlertEmails"));
}
