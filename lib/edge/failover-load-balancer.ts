import { LoadBalancer } from "@cdktf/provider-cloudflare/lib/load-balancer";
import type { Ruleset } from "@cdktf/provider-cloudflare/lib/ruleset";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { otherStore, type StoreName } from "../../contract/stores";
import { type ActiveProvider, checkActiveProvider } from "../active-provider";
import { checkObjectives } from "../declared-objectives";
import type { ObjectStore } from "../object-store";
import { type OutageKind, predictRecoveryTime, type Range, type RecoveryTimings } from "../objectives";
import { checkCloudflareId } from "../private/cloudflare-id";
import { checkHostnameInZone } from "../private/host-name";
import { checkKnownAtSynth } from "../private/known-at-synth";
import { checkKinds } from "../private/prop-kinds";
import { checkSecretReference } from "../private/secret-reference";
import { checkStorePair } from "../private/store-pair";
import { type CheckRegion, checkCheckRegions, DEFAULT_CHECK_REGIONS } from "./check-regions";
import { checkEdgeCache, type EdgeCacheProps } from "./edge-cache";
import { cacheBypassRule, cacheRule } from "./edge-rules";
import { HealthNotifications } from "./health-notifications";
import { MarkerRecord } from "./marker-record";
import { checkMonitorTimings, type MonitorTimingsProps } from "./monitor-timings";
import { checkNotificationTargets, type NotificationProps } from "./notification-targets";
import { type CloudflarePlan, checkAccountPlan, checkPlan } from "./plan-limits";
import { checkPoolCount } from "./pool-count";
import { checkPoolNamePrefix } from "./pool-name";
import { FAILOVER_LOAD_BALANCER_KINDS } from "./prop-kinds";
import { checkRegionPools, type RegionPools } from "./region-pools";
import { type SessionAffinityProps, sessionAffinityConfig } from "./session-affinity";
import { StorePool } from "./store-pool";
import { phaseRuleset, ZoneRules } from "./zone-rules";

export interface FailoverLoadBalancerProps
  extends MonitorTimingsProps,
    EdgeCacheProps,
    NotificationProps,
    SessionAffinityProps {
  /** The store named primary, whatever its role. */
  readonly primary: ObjectStore;
  /** The store named secondary, whatever its role. */
  readonly secondary: ObjectStore;
  /** The toggle: which store comes first, and what the marker says. */
  readonly activeProvider: ActiveProvider;
  /** Host name that readers use, in the zone; the load balancer takes precedence over a DNS record of that name. */
  readonly hostname: string;
  /** Name of the Cloudflare zone, as in `example.com`. */
  readonly zoneName: string;
  /** Identifier of the zone. */
  readonly zoneId: string;
  /** Identifier of the Cloudflare account. Changing it replaces the pools, which Cloudflare refuses while they are in use. */
  readonly accountId: string;
  /**
   * The zone's Cloudflare plan; it limits how often and from where stores are probed, and for how short a time the
   * edge can be told to keep objects.
   *
   * @default "pro"
   */
  readonly plan?: CloudflarePlan;
  /**
   * The best plan of any zone in the account; it limits the number of pools and who can be notified.
   *
   * @default - the zone's plan
   */
  readonly accountPlan?: CloudflarePlan;
  /**
   * Regions to probe from, three data centres in each; the majority decides, so an odd number is best.
   * Plans below Enterprise begin with one region and can buy up to 8.
   *
   * @default ["WEU"]
   */
  readonly checkRegions?: readonly CheckRegion[];
  /**
   * Which store readers of a region get first, while it is healthy, as in `{ NEAS: ["secondary", "primary"] }`; the
   * nearer one, usually. Readers of regions without a list get the active store first. A list names stores, not roles:
   * its readers do not move with a flip, and while its first store is the standby they see it as it was a replication
   * lag ago. Cloudflare's geo steering, an option of its own in the load balancing subscription.
   *
   * @default - every reader gets the active store first
   */
  readonly regionPools?: RegionPools;
  /**
   * Begin of the pools' names, which are unique in the account: letters, digits, hyphens.
   *
   * @default - the host name with hyphens for dots
   */
  readonly poolNamePrefix?: string;
  /**
   * Most seconds for which reads may fail when the active store is lost, whole, up to a day. Synthesis is refused when
   * the timings cannot keep it at worst.
   *
   * @default - not checked
   */
  readonly rtoSeconds?: number;
  /**
   * Secret sent to the origins as Referer, so that they answer this zone only. The value of a sensitive Terraform
   * variable; it is in the state by nature, so keep the state encrypted. One value at a time: to rotate, let the stores
   * accept both (`previousOriginSecret`) before this one changes, and the new one alone after that.
   *
   * @default - no such header
   */
  readonly originSecret?: string;
  /**
   * Whether this construct owns the zone's rulesets for index document, stamp and origin secret. Cloudflare keeps
   * one ruleset a phase and zone: set to false where the zone has its own, and add `indexRewriteRule`,
   * `stampRemovalRule` and `originSecretRule` to them.
   *
   * @default true
   */
  readonly manageZoneRules?: boolean;
  /**
   * Whether Terraform refuses to destroy the load balancer.
   *
   * @default true
   */
  readonly protectFromDestroy?: boolean;
  /** @default - the stack's Cloudflare provider */
  readonly provider?: TerraformProvider;
}

/**
 * The edge: readers are sent to the active store while it is healthy, and to the standby otherwise.
 *
 * Flipping `activeProvider` changes the order of the pools, the fallback pool and the marker, in place. The
 * edge needs nothing but Cloudflare: no reference to another stack and no call to the stores' clouds.
 */
export class FailoverLoadBalancer extends Construct {
  /** Pool and monitor of each store. */
  public readonly stores: Readonly<Record<StoreName, StorePool>>;
  /** The TXT record that names the active store. */
  public readonly marker: MarkerRecord;
  public readonly loadBalancer: LoadBalancer;
  /** Undefined when `manageZoneRules` is false. */
  public readonly zoneRules?: ZoneRules;
  /** Undefined when the zone's own cache rules are left alone. */
  public readonly cacheRules?: Ruleset;
  /** Undefined when nobody is to be told. */
  public readonly notifications?: HealthNotifications;
  /** The store that writers use and readers prefer. */
  public readonly active: ObjectStore;
  /** The store that readers fall back to. */
  public readonly standby: ObjectStore;
  /** What the recovery time follows from. */
  public readonly timings: RecoveryTimings;
  /** The zone's Cloudflare plan. */
  public readonly plan: CloudflarePlan;

  /**
   * @throws ConfigurationError ACTIVE_PROVIDER_UNKNOWN, HOSTNAME_NOT_IN_ZONE, STORES_NOT_DISTINCT, CHECK_REGION_UNKNOWN,
   * INTERVAL_BELOW_PLAN_MINIMUM, NUMBER_OUT_OF_RANGE, OBJECTIVE_UNREACHABLE, SECRET_LITERAL, VALUE_INVALID
   */
  constructor(scope: Construct, id: string, props: FailoverLoadBalancerProps) {
    super(scope, id);
    const path = this.node.path;
    checkKinds(props, FAILOVER_LOAD_BALANCER_KINDS, path);
    const activeProvider = checkActiveProvider(props.activeProvider, `${path}/activeProvider`);
    this.plan = checkPlan(props.plan ?? "pro", `${path}/plan`);
    const accountPlan = checkAccountPlan(props.accountPlan, this.plan, `${path}/accountPlan`);
    const checkRegions = checkCheckRegions(
      props.checkRegions ?? DEFAULT_CHECK_REGIONS,
      this.plan,
      `${path}/checkRegions`,
    );
    checkKnownAtSynth(props.hostname, `${path}/hostname`);
    checkHostnameInZone(props.hostname, props.zoneName, `${path}/hostname`);
    checkStorePair(props, props.hostname, path);
    if (props.originSecret !== undefined) {
      checkSecretReference(props.originSecret, `${path}/originSecret`);
    }
    checkCloudflareId(props.zoneId, `${path}/zoneId`);
    checkCloudflareId(props.accountId, `${path}/accountId`);
    checkPoolNamePrefix(props.poolNamePrefix, `${path}/poolNamePrefix`);
    this.timings = { ...checkMonitorTimings(props, this.plan, path), failoverAcrossPools: true };
    checkObjectives({ rtoSeconds: props.rtoSeconds }, { edge: { ...this.timings, plan: this.plan } }, path);
    const cache = checkEdgeCache(props, this.plan, path);
    const targets = checkNotificationTargets(props, accountPlan, path);

    this.active = props[activeProvider];
    this.standby = props[otherStore(activeProvider)];
    this.stores = {
      primary: this.createStorePool(props.primary, checkRegions, props),
      secondary: this.createStorePool(props.secondary, checkRegions, props),
    };
    checkPoolCount(this, props.accountId, accountPlan);
    this.marker = new MarkerRecord(this, "marker", { ...props, activeProvider });
    this.loadBalancer = this.createLoadBalancer(props);
    if (props.manageZoneRules ?? true) {
      this.zoneRules = new ZoneRules(this, "zone-rules", props);
    }
    if (cache !== undefined) {
      this.cacheRules = phaseRuleset(this, "cache-rules", "http_request_cache_settings", props, [
        cacheRule(props.hostname, cache),
        cacheBypassRule(props.hostname),
      ]);
    }
    if (targets !== undefined) {
      this.notifications = new HealthNotifications(this, "notifications", {
        ...props,
        targets,
        poolIds: [this.stores.primary.poolId, this.stores.secondary.poolId],
      });
    }
  }

  /** Seconds for which reads fail in an outage of the active store, computed from this plan. */
  public predictRecoveryTime(kind: OutageKind): Range {
    return predictRecoveryTime(kind, this.timings);
  }

  private createStorePool(
    store: ObjectStore,
    checkRegions: readonly CheckRegion[],
    props: FailoverLoadBalancerProps,
  ): StorePool {
    const prefix = props.poolNamePrefix ?? props.hostname.replaceAll(".", "-");
    return new StorePool(this, store.storeName, {
      store,
      accountId: props.accountId,
      poolName: `${prefix}-${store.storeName}`,
      timings: this.timings,
      checkRegions,
      originSecret: props.originSecret,
      provider: props.provider,
    });
  }

  private createLoadBalancer(props: FailoverLoadBalancerProps): LoadBalancer {
    const activePoolId = this.stores[this.active.storeName].poolId;
    const standbyPoolId = this.stores[this.standby.storeName].poolId;
    const regionPools = this.regionPools(props);
    return new LoadBalancer(this, "load-balancer", {
      provider: props.provider,
      zoneId: props.zoneId,
      name: props.hostname,
      description: "Object storage, active store first",
      enabled: true,
      // Off by default at Cloudflare: origins would be exposed, nothing cached, and DNS would decide the recovery time.
      proxied: true,
      steeringPolicy: regionPools === undefined ? "off" : "geo",
      regionPools,
      defaultPools: [activePoolId, standbyPoolId],
      // Its health is ignored, so it must be the store that holds every acknowledged write.
      fallbackPool: activePoolId,
      adaptiveRouting: { failoverAcrossPools: this.timings.failoverAcrossPools },
      // Cloudflare's own defaults, written out: provider 5.14 shows computed nested objects as changed otherwise.
      locationStrategy: { mode: "pop", preferEcs: "proximity" },
      randomSteering: { defaultWeight: 1 },
      ...sessionAffinityConfig(props, this.node.path),
      // Writers and replication learn of a flip before readers are moved.
      dependsOn: [this.marker.record],
      lifecycle: { preventDestroy: props.protectFromDestroy ?? true },
    });
  }

  /** The identifiers of the pools, by region; undefined without lists. */
  private regionPools(props: FailoverLoadBalancerProps): Record<string, string[]> | undefined {
    const lists = checkRegionPools(props.regionPools, `${this.node.path}/regionPools`);
    if (lists === undefined) {
      return undefined;
    }
    return Object.fromEntries(
      Object.entries(lists).map(([region, stores]) => [
        region,
        stores.map((store) => this.stores[store].poolId),
      ]),
    );
  }
}
