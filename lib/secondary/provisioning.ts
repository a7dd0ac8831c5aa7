import { readFileSync } from "node:fs";
import { STALE_HEADER } from "../../contract/stale-header";
import { HEALTH_KEY, healthBody, STATE_PREFIX } from "../../contract/state-keys";
import { packageFile } from "../private/package-root";
import { standbyLifecycle } from "./standby-lifecycle";
import { anonymousPolicy, REPLICATOR_POLICY_NAME, replicatorPolicy } from "./standby-policies";
import { renderTemplate } from "./template";

export interface ProvisioningProps {
  readonly bucketName: string;
  /** Name of the block storage volume, from which its device path follows. */
  readonly volumeName: string;
  /** Name or names that Caddy answers to, as in `assets-standby.example.com`. */
  readonly originHost: string;
  readonly serverImage: string;
  /** Days of the longest outage to be survived; old versions are kept longer. @default 30 */
  readonly longestOutageDays?: number;
  /** Networks from which requests without a signature are accepted, in CIDR notation. */
  readonly readerRanges: readonly string[];
  /** Answers say how far this store is behind when it is by more than this. @default DEFAULT_STALE_AFTER_SECONDS */
  readonly staleAfterSeconds?: number;
  /** Whether those requests must carry one of the enrolled secrets as well. @default false */
  readonly requireOriginSecret?: boolean;
}

/** Where the volume is mounted, and the systemd unit that does it: its name must follow from the path. */
const MOUNT_PATH = "/srv/standby";
const MOUNT_UNIT = "srv-standby.mount";

/** Written by `origin-secrets.sh`, read by the proxy. */
const ORIGIN_SECRET_VARIABLES = {
  originSecretVariable: "ORIGIN_SECRET",
  previousOriginSecretVariable: "PREVIOUS_ORIGIN_SECRET",
};

/** Two default intervals of the replicator: a standby that is behind by less is as it should be. */
export const DEFAULT_STALE_AFTER_SECONDS = 600;

/** In memory: what a droplet noted before it was started says nothing of now. */
const STALENESS_PATH = "/run/storage-failover/behind";

/** The object store listens on loopback only. */
const SERVER_ADDRESS = "127.0.0.1:9000";

/** The files that make a fresh Debian droplet the secondary, by name. Pure but for reading the templates. */
export function provisioningFiles(props: ProvisioningProps): Readonly<Record<string, string>> {
  const { bucketName, originHost, serverImage } = props;
  const mount = { mountPath: MOUNT_PATH, mountUnit: MOUNT_UNIT };
  // DigitalOcean names the device after the volume: docs.digitalocean.com/products/volumes/how-to/mount/
  const volumeDevice = `/dev/disk/by-id/scsi-0DO_Volume_${props.volumeName}`;
  const rendered = (name: string, values: Readonly<Record<string, string>>) =>
    renderTemplate(template(name), values);
  return {
    "provision.sh": rendered("provision.sh", {
      ...mount,
      volumeDevice,
      originHost,
      serverAddress: SERVER_ADDRESS,
    }),
    "prepare-bucket.sh": rendered("prepare-bucket.sh", {
      bucketName,
      healthKey: HEALTH_KEY,
      healthBody: healthBody("secondary"),
      replicatorPolicyName: REPLICATOR_POLICY_NAME,
    }),
    "note-staleness.sh": rendered("note-staleness.sh", {
      bucketName,
      statePrefix: STATE_PREFIX.replace(/\/$/, ""),
      stalenessPath: STALENESS_PATH,
      staleAfterSeconds: String(props.staleAfterSeconds ?? DEFAULT_STALE_AFTER_SECONDS),
    }),
    "replicator-keys.sh": rendered("replicator-keys.sh", { replicatorPolicyName: REPLICATOR_POLICY_NAME }),
    "origin-secrets.sh": rendered("origin-secrets.sh", {
      mountPath: MOUNT_PATH,
      ...ORIGIN_SECRET_VARIABLES,
    }),
    Caddyfile: rendered("Caddyfile", {
      mountPath: MOUNT_PATH,
      siteAddress: originHost,
      bucketName,
      serverAddress: SERVER_ADDRESS,
      readerRanges: props.readerRanges.join(" "),
      stalenessPath: STALENESS_PATH,
      staleHeader: STALE_HEADER,
      originSecretRules: props.requireOriginSecret
        ? rendered("require-origin-secret.caddyfile", ORIGIN_SECRET_VARIABLES)
        : "# The edge sends no secret.",
      statePrefixPattern: STATE_PREFIX.replace(/\/$/, "").replaceAll(".", "\\."),
    }),
    "anonymous-policy.json": anonymousPolicy(bucketName),
    "replicator-policy.json": replicatorPolicy(bucketName),
    "lifecycle.json": standbyLifecycle(props.longestOutageDays),
    "volume.mount": rendered("volume.mount", { mountPath: MOUNT_PATH, volumeDevice }),
    "minio.service": rendered("minio.service", { ...mount, serverImage, serverAddress: SERVER_ADDRESS }),
    "caddy.conf": rendered("caddy.conf", mount),
    "storage-failover-provision.service": rendered("storage-failover-provision.service", {}),
    "storage-failover-staleness.service": rendered("storage-failover-staleness.service", {}),
    "storage-failover-staleness.timer": rendered("storage-failover-staleness.timer", {}),
  };
}

/** The droplet's user data: a cloud-init document that writes the files and starts the provisioning service. */
export function cloudInit(props: ProvisioningProps): string {
  return renderTemplate(template("cloud-init.yaml"), { ...provisioningFiles(props), mountUnit: MOUNT_UNIT });
}

function template(name: string): string {
  return readFileSync(packageFile("lib", "secondary", "provision", name), "utf8");
}
