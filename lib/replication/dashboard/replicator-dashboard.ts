import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard";
import type { TerraformProvider } from "cdktf";
import type { Construct } from "constructs";
import type { DashboardBody } from "./dashboard-body";
import { placed } from "./dashboard-body";
import { dashboardRows } from "./dashboard-rows";
import type { WatchedReplicator } from "./metric-widgets";

export interface ReplicatorDashboardProps extends WatchedReplicator {
  /** Letters, digits, hyphens and underscores. */
  readonly name: string;
  readonly provider?: TerraformProvider;
}

/** The page to look at when an alarm rings, or before a flip. Placed directly in `scope`. */
export function createReplicatorDashboard(
  scope: Construct,
  { name, provider, ...watched }: ReplicatorDashboardProps,
): CloudwatchDashboard {
  const body: DashboardBody = { start: "-PT12H", widgets: placed(dashboardRows(watched)) };
  return new CloudwatchDashboard(scope, "dashboard", {
    dashboardName: name,
    dashboardBody: JSON.stringify(body),
    provider,
  });
}
