import { DnsRecord } from "@cdktf/provider-cloudflare/lib/dns-record";
import { Droplet } from "@cdktf/provider-digitalocean/lib/droplet";
import type { Firewall } from "@cdktf/provider-digitalocean/lib/firewall";
import { ReservedIp } from "@cdktf/provider-digitalocean/lib/reserved-ip";
import { ReservedIpAssignment } from "@cdktf/provider-digitalocean/lib/reserved-ip-assignment";
import { Volume } from "@cdktf/provider-digitalocean/lib/volume";
import { VolumeAttachment } from "@cdktf/provider-digitalocean/lib/volume-attachment";
import { Fn, type TerraformProvider, type TerraformResource, Token } from "cdktf";
import { Construct } from "constructs";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import type { AddressStyle, ObjectStore } from "../object-store";
import { CLOUDFLARE_IPV4_RANGES } from "../primary/cloudflare-ranges";
import { checkBucketName } from "../private/bucket-name";
import { checkKnownAtSynth } from "../private/known-at-synth";
import { checkNetworkRanges } from "../private/network-range";
import { terraformLiteral } from "../private/terraform-literal";
import { checkWholeNumber } from "../private/whole-number";
import { checkDropletRegion, checkSshKeyIds } from "./droplet-settings";
import { checkOriginHostBelowZone } from "./origin-host";
import { cloudInit } from "./provisioning";
import { ServerGeneration } from "./server-generation";
import { checkServerImage, DEFAULT_SERVER_IMAGE } from "./server-image";
import { checkServerName } from "./server-name";
import { StandbyFirewall } from "./standby-firewall";

/** The distribution whose packages the provisioning installs; tried with Debian 12. */
const DROPLET_IMAGE = "debian-12-x64";

/** Seconds that resolvers may keep the origin's address: the least Cloudflare accepts below the Enterprise plan. */
const ORIGIN_RECORD_TTL_SECONDS = 60;

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
   * Container image with MinIO's command line, and `mc` in it.
   *
   * @default "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z"
   */
  readonly serverImage?: string;
  /**
   * Networks from which SSH is open, in CIDR notation.
   *
   * @default - SSH is closed
   */
  readonly adminCidrs?: readonly string[];
  /**
   * The replicator's networks, in CIDR notation. HTTPS is then closed to all but these and Cloudflare.
   *
   * @default - HTTPS is open, because a function has no fixed address; only Cloudflare may read without a signature
   */
  readonly replicatorCidrs?: readonly string[];
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
   * DigitalOcean tags of the droplet and the volume.
   *
   * @default - none
   */
  readonly tags?: readonly string[];
  /** @default - the stack's only `digitalocean` provider */
  readonly provider?: TerraformProvider;
  /** @default - the stack's only `cloudflare` provider */
  readonly dnsProvider?: TerraformProvider;
}

/**
 * The secondary: MinIO behind Caddy on a DigitalOcean droplet, with the objects on a volume that outlives it.
 *
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, ORIGIN_HOST_NOT_BELOW_ZONE, SERVER_IMAGE_REFUSED,
 * NUMBER_OUT_OF_RANGE, VALUE_INVALID
 */
export class MinioSecondaryStore extends Construct implements ObjectStore {
  public readonly storeName = "secondary";
  public readonly bucketName: string;
  /** What requests are signed for: MinIO's own default, not the droplet's region. */
  public readonly region = "us-east-1";
  public readonly endpoint: string;
  public readonly addressStyle: AddressStyle = "path";
  public readonly originHost: string;
  public readonly credentialsSecretName: string;
  public readonly versioned = true;
  public readonly healthPath = `/${HEALTH_KEY}`;
  public readonly healthBody = healthBody("secondary");

  /** Replaces the droplet when `serverGeneration` changes. */
  public readonly generation: TerraformResource;
  public readonly droplet: Droplet;
  public readonly volume: Volume;
  public readonly volumeAttachment: VolumeAttachment;
  public readonly reservedIp: ReservedIp;
  public readonly reservedIpAssignment: ReservedIpAssignment;
  public readonly firewall: Firewall;
  /** The origin's own address record, not proxied. */
  public readonly originRecord: DnsRecord;

  constructor(scope: Construct, id: string, props: MinioSecondaryStoreProps) {
    super(scope, id);
    this.checkProps(props);

    this.bucketName = props.bucketName;
    this.originHost = props.originHost;
    this.endpoint = `https://${props.originHost}`;
    this.credentialsSecretName = props.credentialsSecretName ?? `storage-failover/${props.bucketName}`;

    const { provider } = props;
    const serverName = props.serverName ?? props.bucketName;

    this.volume = new Volume(this, "volume", {
      name: serverName,
      description: `objects of ${props.bucketName}`,
      region: props.region,
      size: props.volumeGiB,
      tags: props.tags && [...props.tags],
      provider,
      lifecycle: { preventDestroy: props.protectFromDestroy ?? true },
    });
    this.generation = new ServerGeneration(this, "generation", props.serverGeneration ?? 1);
    this.droplet = this.createDroplet(serverName, props);
    // The provider gives the id as text and takes it as a number.
    const dropletId = Token.asNumber(Fn.tonumber(this.droplet.id));
    this.volumeAttachment = new VolumeAttachment(this, "volume-attachment", {
      dropletId,
      volumeId: this.volume.id,
      provider,
    });
    this.reservedIp = new ReservedIp(this, "reserved-ip", { region: props.region, provider });
    this.reservedIpAssignment = new ReservedIpAssignment(this, "reserved-ip-assignment", {
      dropletId,
      ipAddress: this.reservedIp.ipAddress,
      provider,
    });
    this.firewall = new StandbyFirewall(this, "firewall", {
      name: serverName,
      dropletId,
      adminCidrs: props.adminCidrs ?? [],
      replicatorCidrs: props.replicatorCidrs,
      provider,
    }).firewall;
    this.originRecord = new DnsRecord(this, "origin-record", {
      zoneId: props.zoneId,
      name: props.originHost,
      type: "A",
      content: this.reservedIp.ipAddress,
      ttl: ORIGIN_RECORD_TTL_SECONDS,
      proxied: false,
      provider: props.dnsProvider,
    });
  }

  private checkProps(props: MinioSecondaryStoreProps): void {
    const path = (prop: keyof MinioSecondaryStoreProps) => `${this.node.path}/${prop}`;
    for (const prop of [
      "bucketName",
      "originHost",
      "zoneName",
      "serverName",
      "serverImage",
      "credentialsSecretName",
    ] as const) {
      checkKnownAtSynth(props[prop] ?? "", path(prop));
    }
    checkBucketName(props.bucketName, path("bucketName"));
    checkOriginHostBelowZone(props.originHost, props.zoneName, path("originHost"));
    checkDropletRegion(props.region, path("region"));
    checkWholeNumber(props.volumeGiB, { least: 1, most: 16_384, unit: "GiB" }, path("volumeGiB"));
    checkSshKeyIds(props.sshKeyIds, path("sshKeyIds"));
    checkServerName(
      props.serverName ?? props.bucketName,
      path(props.serverName === undefined ? "bucketName" : "serverName"),
    );
    if (props.serverGeneration !== undefined) {
      checkWholeNumber(
        props.serverGeneration,
        { least: 1, most: 1_000_000, unit: "generations" },
        path("serverGeneration"),
      );
    }
    if (props.serverImage !== undefined) {
      checkServerImage(props.serverImage, path("serverImage"));
    }
    checkNetworkRanges(props.adminCidrs ?? [], path("adminCidrs"));
    checkNetworkRanges(props.replicatorCidrs ?? [], path("replicatorCidrs"));
  }

  private createDroplet(serverName: string, props: MinioSecondaryStoreProps): Droplet {
    const userData = cloudInit({
      bucketName: props.bucketName,
      volumeName: serverName,
      originHost: props.originHost,
      serverImage: props.serverImage ?? DEFAULT_SERVER_IMAGE,
      readerRanges: CLOUDFLARE_IPV4_RANGES,
    });
    return new Droplet(this, "droplet", {
      name: serverName,
      image: DROPLET_IMAGE,
      size: props.size ?? "s-2vcpu-4gb",
      region: props.region,
      sshKeys: [...props.sshKeyIds],
      monitoring: true,
      userData: terraformLiteral(userData),
      tags: props.tags && [...props.tags],
      provider: props.provider,
      lifecycle: {
        // It is read at the first boot only, and each edit would replace the droplet.
        ignoreChanges: ["user_data"],
        // A plain address: given the resource itself, CDKTF writes "${…}", which Terraform refuses here.
        replaceTriggeredBy: [`${this.generation.terraformResourceType}.${this.generation.friendlyUniqueId}`],
      },
    });
  }
}
