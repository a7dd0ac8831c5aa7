import { DnsRecord } from "@cdktf/provider-cloudflare/lib/dns-record";
import { Droplet } from "@cdktf/provider-digitalocean/lib/droplet";
import type { Firewall } from "@cdktf/provider-digitalocean/lib/firewall";
import { ReservedIp } from "@cdktf/provider-digitalocean/lib/reserved-ip";
import { ReservedIpAssignment } from "@cdktf/provider-digitalocean/lib/reserved-ip-assignment";
import { Volume } from "@cdktf/provider-digitalocean/lib/volume";
import { VolumeAttachment } from "@cdktf/provider-digitalocean/lib/volume-attachment";
import { Fn, type TerraformResource, Token } from "cdktf";
import { Construct } from "constructs";
import { HEALTH_KEY, healthBody } from "../../contract/state-keys";
import type { AddressStyle, ObjectStore } from "../object-store";
import { CLOUDFLARE_IPV4_RANGES } from "../primary/cloudflare-ranges";
import { terraformLiteral } from "../private/terraform-literal";
import { type EndpointStoreProps, endpointStore } from "./endpoint-store";
import { cloudInit } from "./provisioning";
import { ServerGeneration } from "./server-generation";
import { DEFAULT_SERVER_IMAGE } from "./server-image";
import { StandbyAlerts } from "./standby-alerts";
import { StandbyFirewall } from "./standby-firewall";
import { checkStandbyProps, type MinioSecondaryStoreProps } from "./standby-props";

export type { MinioSecondaryStoreProps } from "./standby-props";

/** The distribution whose packages the provisioning installs; tried with Debian 12. */
const DROPLET_IMAGE = "debian-12-x64";

/** Seconds that resolvers may keep the origin's address: the least Cloudflare accepts below the Enterprise plan. */
const ORIGIN_RECORD_TTL_SECONDS = 60;

/**
 * The secondary: MinIO behind Caddy on a DigitalOcean droplet, with the objects on a volume that outlives it.
 *
 * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, ORIGIN_HOST_NOT_BELOW_ZONE, SERVER_IMAGE_REFUSED,
 * NUMBER_OUT_OF_RANGE, VALUE_INVALID
 */
export class MinioSecondaryStore extends Construct implements ObjectStore {
  /**
   * Any S3-compatible store that exists, in the secondary's place. Creates nothing.
   *
   * @throws ConfigurationError BUCKET_NAME_HAS_DOT, BUCKET_NAME_INVALID, VALUE_INVALID
   */
  public static fromEndpoint(props: EndpointStoreProps): ObjectStore {
    return endpointStore(props);
  }

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
  /** Absent without `monitorAlertEmails`. */
  public readonly alerts?: StandbyAlerts;
  /** The origin's own address record, not proxied. */
  public readonly originRecord: DnsRecord;

  constructor(scope: Construct, id: string, props: MinioSecondaryStoreProps) {
    super(scope, id);
    checkStandbyProps(props, this.node.path);

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
    this.alerts = this.createAlerts(serverName, props);
  }

  private createDroplet(serverName: string, props: MinioSecondaryStoreProps): Droplet {
    const userData = cloudInit({
      bucketName: props.bucketName,
      volumeName: serverName,
      originHost: props.originHost,
      serverImage: props.serverImage ?? DEFAULT_SERVER_IMAGE,
      longestOutageDays: props.longestOutageDays,
      readerRanges: CLOUDFLARE_IPV4_RANGES,
      requireOriginSecret: props.requireOriginSecret,
      staleAfterSeconds: props.staleAfterSeconds,
    });
    return new Droplet(this, "droplet", {
      name: serverName,
      image: DROPLET_IMAGE,
      size: props.size ?? "s-2vcpu-4gb",
      region: props.region,
      sshKeys: [...props.sshKeyIds],
      monitoring: true,
      backups: props.backups,
      vpcUuid: props.vpcId,
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

  private createAlerts(serverName: string, props: MinioSecondaryStoreProps): StandbyAlerts | undefined {
    if (props.monitorAlertEmails === undefined || props.monitorAlertEmails.length === 0) {
      return undefined;
    }
    return new StandbyAlerts(this, "alerts", {
      name: serverName,
      dropletId: this.droplet.id,
      emails: props.monitorAlertEmails,
      diskPercent: props.monitorAlertDiskPercent ?? 80,
      memoryPercent: props.monitorAlertMemoryPercent ?? 90,
      load: props.monitorAlertLoad ?? 4,
      uptimeCheckHost: props.uptimeCheckHost,
      provider: props.provider,
    });
  }
}
