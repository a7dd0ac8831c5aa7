import { NotificationPolicy } from "@cdktf/provider-cloudflare/lib/notification-policy";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import type { NotificationTargets } from "./notification-targets";

export interface HealthNotificationsProps {
  readonly accountId: string;
  readonly hostname: string;
  /** Who is told, at least one. */
  readonly targets: NotificationTargets;
  /** Identifiers of the pools to tell about. */
  readonly poolIds: readonly string[];
  /** @default - the stack's Cloudflare provider */
  readonly provider?: TerraformProvider;
}

/** Tells when a pool's health changes, and when somebody switches a pool on or off. */
export class HealthNotifications extends Construct {
  public readonly health: NotificationPolicy;
  public readonly enablement: NotificationPolicy;

  constructor(scope: Construct, id: string, props: HealthNotificationsProps) {
    super(scope, id);
    this.health = this.createPolicy(
      props,
      "health",
      "load_balancing_health_alert",
      "a store's health changed",
      {
        poolId: [...props.poolIds],
        newHealth: ["Healthy", "Unhealthy"],
        eventSource: ["pool"],
      },
    );
    this.enablement = this.createPolicy(
      props,
      "enablement",
      "load_balancing_pool_enablement_alert",
      "a store's pool was switched on or off",
      { poolId: [...props.poolIds], enabled: ["true", "false"] },
    );
  }

  private createPolicy(
    props: HealthNotificationsProps,
    id: string,
    alertType: string,
    meaning: string,
    filters: Readonly<Record<string, string[]>>,
  ): NotificationPolicy {
    const { email, webhooks, pagerduty } = props.targets;
    return new NotificationPolicy(this, id, {
      provider: props.provider,
      accountId: props.accountId,
      name: `${props.hostname}: ${meaning}`,
      description: `storage-failover, ${props.hostname}`,
      alertType,
      enabled: true,
      filters,
      mechanisms: {
        email: email?.map(withId),
        webhooks: webhooks?.map(withId),
        pagerduty: pagerduty?.map(withId),
      },
    });
  }
}

function withId(id: string): { readonly id: string } {
  return { id };
}
