import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider";
import { DigitaloceanProvider } from "@cdktf/provider-digitalocean/lib/provider";
import { TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import type { StackName } from "../contract/stacks";
import { checkActiveProvider } from "./active-provider";
import { ConfigurationError } from "./configuration-error";
import { FailoverLoadBalancer } from "./edge/failover-load-balancer";
import { S3PrimaryStore } from "./primary/s3-primary-store";
import { checkHostnameInZone } from "./private/host-name";
import { checkStackName } from "./private/stack-name";
import { Replicator } from "./replication/replicator";
import { MinioSecondaryStore } from "./secondary/minio-secondary-store";
import { checkEdgeBackend, type StateBackend } from "./state-backend";
import type { StorageFailoverProps } from "./storage-failover-props";

/**
 * The whole system in four stacks: `primary`, `secondary`, `replication` and `edge`.
 *
 * Stacks exchange plain strings and depend on nothing of each other, so any of them can be planned and applied
 * while the others' clouds are down. The toggle changes the edge only. Providers take their credentials from
 * their own environment variables: `AWS_*`, `DIGITALOCEAN_TOKEN`, `CLOUDFLARE_API_TOKEN`.
 */
export class StorageFailover extends Construct {
  public readonly primary: TerraformStack;
  public readonly secondary: TerraformStack;
  public readonly replication: TerraformStack;
  public readonly edge: TerraformStack;

  public readonly primaryStore: S3PrimaryStore;
  public readonly secondaryStore: MinioSecondaryStore;
  public readonly replicator: Replicator;
  public readonly loadBalancer: FailoverLoadBalancer;

  /** @throws ConfigurationError EDGE_BACKEND_ON_AWS, HOSTNAME_NOT_IN_ZONE, and whatever the constructs refuse */
  constructor(scope: Construct, id: string, props: StorageFailoverProps) {
    super(scope, id);
    const activeProvider = checkActiveProvider(props.activeProvider, `${this.node.path}/activeProvider`);
    checkHostnameInZone(props.hostname, props.zoneName, `${this.node.path}/hostname`);
    const edgeBackend = props.edgeBackend ?? props.backend;
    checkEdgeBackend(edgeBackend, `${this.node.path}/${props.edgeBackend ? "edgeBackend" : "backend"}`);

    this.primary = this.createStack("primary", props.backend, props);
    this.secondary = this.createStack("secondary", props.backend, props);
    this.replication = this.createStack("replication", props.backend, props);
    this.edge = this.createStack("edge", edgeBackend, props);

    this.primaryStore = this.createPrimary(props);
    this.secondaryStore = this.createSecondary(props);
    this.replicator = this.createReplicator(props);
    this.loadBalancer = this.createEdge({ ...props, activeProvider });
  }

  private createStack(
    name: StackName,
    backend: StateBackend,
    { stackNamePrefix: prefix }: StorageFailoverProps,
  ): TerraformStack {
    const stackName = prefix === undefined ? name : `${prefix}-${name}`;
    checkStackName(this, stackName, `${this.node.path}/stackNamePrefix`);
    const stack = new TerraformStack(this, stackName);
    backend.attachTo(stack);
    return stack;
  }

  private createPrimary(props: StorageFailoverProps): S3PrimaryStore {
    new AwsProvider(this.primary, "aws", { region: props.primary.region });
    return new S3PrimaryStore(this.primary, "store", {
      ...props.primary,
      originSecret: this.originSecretOf(this.primary, props),
      protectFromDestroy: props.protectFromDestroy,
      tags: props.tags,
    });
  }

  private createSecondary(props: StorageFailoverProps): MinioSecondaryStore {
    new DigitaloceanProvider(this.secondary, "digitalocean", {});
    new CloudflareProvider(this.secondary, "cloudflare", {});
    return new MinioSecondaryStore(this.secondary, "store", {
      ...props.secondary,
      zoneName: props.zoneName,
      zoneId: props.zoneId,
      protectFromDestroy: props.protectFromDestroy,
    });
  }

  private createReplicator(props: StorageFailoverProps): Replicator {
    const { region = props.primary.region, ...knobs } = props.replication ?? {};
    this.checkEventsRegion(region, props);
    new AwsProvider(this.replication, "aws", { region });
    return new Replicator(this.replication, "replicator", {
      ...knobs,
      primary: this.primaryStore,
      secondary: this.secondaryStore,
      hostname: props.hostname,
      tags: props.tags,
    });
  }

  /** A bucket's events reach the EventBridge of its own region, and no rule elsewhere would ever see one. */
  private checkEventsRegion(region: string, props: StorageFailoverProps): void {
    if (props.replication?.events !== true || region === props.primary.region) {
      return;
    }
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path: `${this.node.path}/replication/region`,
      what: "the replicator listens to events in another region than the bucket that sends them",
      value: region,
      allowed: `${props.primary.region}, the primary's region, while events are on`,
      fix: "leave region away, or leave events away",
    });
  }

  private createEdge(props: StorageFailoverProps): FailoverLoadBalancer {
    new CloudflareProvider(this.edge, "cloudflare", {});
    const loadBalancer = new FailoverLoadBalancer(this.edge, "edge", {
      ...props.edge,
      primary: this.primaryStore,
      secondary: this.secondaryStore,
      activeProvider: props.activeProvider,
      hostname: props.hostname,
      zoneName: props.zoneName,
      zoneId: props.zoneId,
      accountId: props.accountId,
      originSecret: this.originSecretOf(this.edge, props),
      protectFromDestroy: props.protectFromDestroy,
    });
    this.createOutputs(loadBalancer, props);
    return loadBalancer;
  }

  /** What people and scripts ask the edge: who is active, and where to write. */
  private createOutputs(
    { active, standby, marker }: FailoverLoadBalancer,
    props: StorageFailoverProps,
  ): void {
    const outputs = {
      hostname: props.hostname,
      marker_name: marker.recordName,
      active_store: active.storeName,
      active_endpoint: active.endpoint,
      active_bucket: active.bucketName,
      standby_store: standby.storeName,
    };
    for (const [name, value] of Object.entries(outputs)) {
      new TerraformOutput(this.edge, name, { value });
    }
  }

  /** A variable a stack, since nothing crosses stacks. */
  private originSecretOf(stack: TerraformStack, props: StorageFailoverProps): string | undefined {
    if (!props.useOriginSecret) {
      return undefined;
    }
    const variable = new TerraformVariable(stack, "origin_secret", {
      type: "string",
      sensitive: true,
      nullable: false,
      description: "Referer by which the stores know this zone's requests",
    });
    return variable.stringValue;
  }
}
