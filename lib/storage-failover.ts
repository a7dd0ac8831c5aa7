import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider";
import { DigitaloceanProvider } from "@cdktf/provider-digitalocean/lib/provider";
import { TerraformOutput, TerraformStack, TerraformVariable } from "cdktf";
import { Construct } from "constructs";
import { type StackName, stackNameOf } from "../contract/stacks";
import { checkActiveProvider } from "./active-provider";
import { addFailoverChecks } from "./checks/failover-checks";
import { ConfigurationError } from "./configuration-error";
import { checkObjectives } from "./declared-objectives";
import { FailoverLoadBalancer } from "./edge/failover-load-balancer";
import type { ObjectStore } from "./object-store";
import { checkAwsRegion } from "./primary/aws-region";
import type { ExistingBucketStore } from "./primary/existing-bucket-store";
import { S3PrimaryStore } from "./primary/s3-primary-store";
import { checkHostnameInZone } from "./private/host-name";
import { checkAllKnownAtSynth } from "./private/known-at-synth";
import { checkLongestOutage } from "./private/old-versions";
import { oneOfTwo } from "./private/one-of-two";
import { checkKinds } from "./private/prop-kinds";
import { checkStackName } from "./private/stack-name";
import { applyProviderVersions } from "./provider-versions";
import { Replicator } from "./replication/replicator";
import { DEFAULT_EVERY_MINUTES } from "./replication/replicator-settings";
import { MinioSecondaryStore } from "./secondary/minio-secondary-store";
import { checkEdgeBackend, checkStateBackend, type StateBackend } from "./state-backend";
import { STORAGE_FAILOVER_KINDS } from "./storage-failover-kinds";
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

  /** With `existingPrimary` an `ExistingBucketStore`. */
  public readonly primaryStore: S3PrimaryStore | ExistingBucketStore;
  /** With `existingSecondary` no construct, but what is known of the store. */
  public readonly secondaryStore: MinioSecondaryStore | ObjectStore;
  public readonly replicator: Replicator;
  public readonly loadBalancer: FailoverLoadBalancer;

  /**
   * @throws ConfigurationError EDGE_BACKEND_ON_AWS, HOSTNAME_NOT_IN_ZONE, STACK_NAME_TAKEN, OBJECTIVE_UNREACHABLE, and whatever the
   * constructs refuse
   */
  constructor(scope: Construct, id: string, props: StorageFailoverProps) {
    super(scope, id);
    const { path } = this.node;
    checkKinds(props, STORAGE_FAILOVER_KINDS, path);
    checkAllKnownAtSynth(props, path);
    const activeProvider = checkActiveProvider(props.activeProvider, `${path}/activeProvider`);
    checkHostnameInZone(props.hostname, props.zoneName, `${path}/hostname`);
    const edgeBackend = props.edgeBackend ?? props.backend;
    checkStateBackend(props.backend, `${path}/backend`);
    checkLongestOutage(props.longestOutageDays, `${path}/longestOutageDays`);
    checkEdgeBackend(edgeBackend, `${path}/${props.edgeBackend ? "edgeBackend" : "backend"}`);

    this.checkSecretRotation(props);

    this.primary = this.createStack("primary", props.backend, props);
    this.secondary = this.createStack("secondary", props.backend, props);
    this.replication = this.createStack("replication", props.backend, props);
    this.edge = this.createStack("edge", edgeBackend, props);

    this.primaryStore = this.createPrimary(props);
    this.secondaryStore = this.createSecondary(props);
    this.replicator = this.createReplicator(props);
    this.loadBalancer = this.createEdge({ ...props, activeProvider });

    this.checkObjectives(props);
    addFailoverChecks(this, { exceptions: checkExceptions(props) });
  }

  private createStack(
    name: StackName,
    backend: StateBackend,
    { stackNamePrefix: prefix, providerVersions }: StorageFailoverProps,
  ): TerraformStack {
    const stackName = stackNameOf(name, prefix);
    checkStackName(this, stackName, `${this.node.path}/stackNamePrefix`);
    const stack = new TerraformStack(this, stackName);
    backend.attachTo(stack);
    applyProviderVersions(stack, providerVersions ?? {}, `${this.node.path}/providerVersions`);
    return stack;
  }

  private createPrimary(props: StorageFailoverProps): S3PrimaryStore | ExistingBucketStore {
    const { created, existing } = oneOfTwo(props, "primary", "existingPrimary", this.node.path);
    if (existing !== undefined) {
      new AwsProvider(this.primary, "aws", { region: existing.region });
      return S3PrimaryStore.fromBucket(this.primary, "store", {
        ...existing,
        // The secrets are the policy's business, and the policy may be somebody else's.
        ...(existing.manageReadPolicy && this.originSecretsOf(this.primary, props)),
      });
    }
    new AwsProvider(this.primary, "aws", { region: created.region });
    return new S3PrimaryStore(this.primary, "store", {
      ...created,
      ...this.originSecretsOf(this.primary, props),
      longestOutageDays: props.longestOutageDays,
      protectFromDestroy: props.protectFromDestroy,
      tags: props.tags,
    });
  }

  private createSecondary(props: StorageFailoverProps): MinioSecondaryStore | ObjectStore {
    const { created, existing } = oneOfTwo(props, "secondary", "existingSecondary", this.node.path);
    if (existing !== undefined) {
      return MinioSecondaryStore.fromEndpoint(existing);
    }
    new DigitaloceanProvider(this.secondary, "digitalocean", {});
    new CloudflareProvider(this.secondary, "cloudflare", {});
    return new MinioSecondaryStore(this.secondary, "store", {
      ...created,
      zoneName: props.zoneName,
      zoneId: props.zoneId,
      requireOriginSecret: props.useOriginSecret,
      longestOutageDays: props.longestOutageDays,
      protectFromDestroy: props.protectFromDestroy,
    });
  }

  private createReplicator(props: StorageFailoverProps): Replicator {
    const { region = this.primaryStore.region, ...knobs } = props.replication ?? {};
    checkAwsRegion(region, `${this.node.path}/replication/region`);
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
    if (props.replication?.events !== true || region === this.primaryStore.region) {
      return;
    }
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path: `${this.node.path}/replication/region`,
      what: "the replicator listens to events in another region than the bucket that sends them",
      value: region,
      allowed: `${this.primaryStore.region}, the primary's region, while events are on`,
      fix: "leave region away, or leave events away",
    });
  }

  private checkSecretRotation(props: StorageFailoverProps): void {
    if (!props.acceptPreviousOriginSecret || props.useOriginSecret) {
      return;
    }
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path: `${this.node.path}/acceptPreviousOriginSecret`,
      what: "there is no origin secret whose predecessor could be accepted",
      value: true,
      allowed: "nothing, while useOriginSecret is off",
      fix: "set useOriginSecret, or leave this away",
    });
  }

  private checkObjectives(props: StorageFailoverProps): void {
    const { timings, plan } = this.loadBalancer;
    const everyMinutes = props.replication?.everyMinutes ?? DEFAULT_EVERY_MINUTES;
    checkObjectives(
      props.objectives ?? {},
      { edge: { ...timings, plan }, replication: { intervalSeconds: everyMinutes * 60 } },
      `${this.node.path}/objectives`,
    );
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
    return props.useOriginSecret
      ? secretVariable(stack, "origin_secret", "Referer by which the stores know this zone's requests")
      : undefined;
  }

  /** What a bucket's policy accepts; declares the variables. */
  private originSecretsOf(stack: TerraformStack, props: StorageFailoverProps) {
    return {
      originSecret: this.originSecretOf(stack, props),
      previousOriginSecret:
        props.useOriginSecret && props.acceptPreviousOriginSecret
          ? secretVariable(
              stack,
              "previous_origin_secret",
              "Referer before the last change, accepted meanwhile",
            )
          : undefined,
    };
  }
}

/** Who switches the protection off says so already. */
function checkExceptions({ checkExceptions: said = [], protectFromDestroy }: StorageFailoverProps) {
  return protectFromDestroy === false
    ? [...said, { rule: "protected-from-destroy", reason: "protectFromDestroy is false" } as const]
    : said;
}

function secretVariable(stack: TerraformStack, name: string, description: string): string {
  const variable = new TerraformVariable(stack, name, {
    type: "string",
    sensitive: true,
    nullable: false,
    description,
  });
  return variable.stringValue;
}
