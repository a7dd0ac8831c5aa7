import { MonitorAlert } from "@cdktf/provider-digitalocean/lib/monitor-alert";
import { UptimeAlert } from "@cdktf/provider-digitalocean/lib/uptime-alert";
import { UptimeCheck } from "@cdktf/provider-digitalocean/lib/uptime-check";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { HEALTH_KEY } from "../../contract/state-keys";

/** Days before its end that a certificate is called late: authorities' own renewals happen well before. */
const CERTIFICATE_DAYS = 14;

export interface StandbyAlertsProps {
  readonly name: string;
  /** The droplet's id, as text. */
  readonly dropletId: string;
  readonly emails: readonly string[];
  readonly diskPercent: number;
  readonly memoryPercent: number;
  /** Processes that run or wait. */
  readonly load: number;
  /** Host name that readers use; undefined for no uptime check. */
  readonly uptimeCheckHost?: string;
  readonly provider?: TerraformProvider;
}

/** What DigitalOcean watches and whom it tells, independent of AWS and Cloudflare. */
export class StandbyAlerts extends Construct {
  public readonly disk: MonitorAlert;
  public readonly memory: MonitorAlert;
  public readonly load: MonitorAlert;
  /** What readers see, asked for from several continents; absent without `uptimeCheckHost`. */
  public readonly uptimeCheck?: UptimeCheck;

  constructor(scope: Construct, id: string, props: StandbyAlertsProps) {
    super(scope, id);
    const { name } = props;
    this.disk = this.createMonitorAlert("disk", props, {
      type: "v1/insights/droplet/disk_utilization_percent",
      value: props.diskPercent,
      window: "5m",
      description: `${name}: more than ${props.diskPercent} % of the disk in use`,
    });
    this.memory = this.createMonitorAlert("memory", props, {
      type: "v1/insights/droplet/memory_utilization_percent",
      value: props.memoryPercent,
      window: "5m",
      description: `${name}: more than ${props.memoryPercent} % of the memory in use`,
    });
    this.load = this.createMonitorAlert("load", props, {
      type: "v1/insights/droplet/load_5",
      value: props.load,
      window: "10m",
      description: `${name}: more than ${props.load} processes run or wait`,
    });
    if (props.uptimeCheckHost !== undefined) {
      this.uptimeCheck = this.createUptimeCheck(props.uptimeCheckHost, props);
    }
  }

  private createMonitorAlert(
    id: string,
    { dropletId, emails, provider }: StandbyAlertsProps,
    limit: Readonly<Record<"type" | "window" | "description", string>> & { readonly value: number },
  ): MonitorAlert {
    return new MonitorAlert(this, id, {
      ...limit,
      compare: "GreaterThan",
      enabled: true,
      entities: [dropletId],
      alerts: { email: [...emails] },
      provider,
    });
  }

  /**
   * The readers' name, not the origin's, which refuses strangers. Down means down everywhere: one continent's trouble is
   * not the standby's.
   */
  private createUptimeCheck(host: string, { name, emails, provider }: StandbyAlertsProps): UptimeCheck {
    const check = new UptimeCheck(this, "uptime-check", {
      name: `${name}-readers`,
      target: `https://${host}/${HEALTH_KEY}`,
      type: "https",
      regions: ["us_east", "us_west", "eu_west", "se_asia"],
      enabled: true,
      provider,
    });
    const shared = {
      checkId: check.id,
      comparison: "less_than",
      period: "2m",
      notifications: [{ email: [...emails] }],
      provider,
    };
    new UptimeAlert(this, "unreachable", {
      ...shared,
      name: `${name}-readers-unreachable`,
      type: "down_global",
      threshold: 1,
    });
    new UptimeAlert(this, "certificate", {
      ...shared,
      name: `${name}-readers-certificate`,
      type: "ssl_expiry",
      threshold: CERTIFICATE_DAYS,
    });
    return check;
  }
}
