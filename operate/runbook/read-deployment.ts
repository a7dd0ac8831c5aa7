import { MARKER_VARIABLES, REQUEST_TIMEOUT_VARIABLE, storeVariables } from "../../contract/environment";
import { fenceSeconds, MARKER_TTL_SECONDS } from "../../contract/marker";
import { METRIC_NAMES } from "../../contract/metrics";
import { STACK_NAMES, type StackName, stackNameOf } from "../../contract/stacks";
import type { StoreName } from "../../contract/stores";
import { rateSeconds } from "../replication-schedule";
import type { DeployedReplication, DeployedStore, Deployment } from "./deployment";
import { at, isObject, number, type PlanObject, referred, resources, text } from "./plan-walk";

/** Parsed `cdk.tf.json` by stack. */
export type SynthesizedStacks = Readonly<Record<StackName, unknown>>;

/** The stacks are not those of a complete deployment, or leave open what a runbook must name. */
export class DeploymentUnreadableError extends Error {
  public override readonly name = "DeploymentUnreadableError";
}

/**
 * @param stackPrefix - begins the stacks' names
 * @throws DeploymentUnreadableError naming what is missing
 */
export function readDeployment(stacks: SynthesizedStacks, stackPrefix = ""): Deployment {
  const { edge, secondary } = stacks;
  const [loadBalancer] = resources(edge, "cloudflare_load_balancer");
  const hostname = needed(text(loadBalancer?.name), "the load balancer's host name", "edge");
  const record = resources(edge, "cloudflare_dns_record").find(({ type }) => type === "TXT");
  const environment = functionEnvironment(stacks.replication);
  const ttlSeconds = number(record?.ttl) ?? MARKER_TTL_SECONDS;
  const failoverAcrossPools = at(loadBalancer, "adaptive_routing", "failover_across_pools") === true;
  const pools = resources(edge, "cloudflare_load_balancer_pool");
  const storeOf = (name: StoreName) =>
    deployedStore(edge, poolOf(pools, name), environment, name, failoverAcrossPools);
  const [droplet] = resources(secondary, "digitalocean_droplet");
  const [volume] = resources(secondary, "digitalocean_volume");
  const bucket = text(at(edge, "terraform", "backend", "s3", "bucket"));
  return {
    stackPrefix,
    hostname,
    accountId: text(pools[0]?.account_id),
    zoneId: text(loadBalancer?.zone_id),
    marker: { name: needed(text(record?.name), "the marker's record", "edge"), ttlSeconds },
    fenceSeconds: fenceSeconds({
      ttlSeconds,
      holdSeconds: seconds(environment[MARKER_VARIABLES.holdSeconds]),
      requestTimeoutSeconds: seconds(environment[REQUEST_TIMEOUT_VARIABLE]),
    }),
    stores: { primary: storeOf("primary"), secondary: storeOf("secondary") },
    checkRegions: texts(pools[0]?.check_regions),
    hasRegionPools: isObject(loadBalancer?.region_pools) && Object.keys(loadBalancer.region_pools).length > 0,
    notified: notifiedBy(edge),
    replication: deployedReplication(stacks.replication),
    ...(droplet !== undefined && {
      droplet: {
        name: text(droplet.name) ?? "the droplet",
        region: text(droplet.region),
        volumeGiB: number(volume?.size),
      },
    }),
    ...(bucket !== undefined && {
      state: { bucket, profile: text(at(edge, "terraform", "backend", "s3", "profile")) },
    }),
    edgeVariables: variablesWithoutDefault(edge),
  };
}

/** The names of all stacks, as they are deployed by. */
export function stackNames(stackPrefix: string): Readonly<Record<StackName, string>> {
  const name = (stack: StackName) => stackNameOf(stack, stackPrefix === "" ? undefined : stackPrefix);
  const [primary, secondary, replication, edge] = STACK_NAMES.map(name) as [string, string, string, string];
  return { primary, secondary, replication, edge };
}

function deployedStore(
  edge: unknown,
  pool: PlanObject | undefined,
  environment: PlanObject,
  name: StoreName,
  failoverAcrossPools: boolean,
): DeployedStore {
  const monitor = referred(edge, "cloudflare_load_balancer_monitor", pool?.monitor);
  const variables = storeVariables(name);
  return {
    bucket: needed(text(environment[variables.bucket]), `the ${name}'s bucket`, "replication"),
    endpoint: needed(text(environment[variables.endpoint]), `the ${name}'s endpoint`, "replication"),
    originHost: needed(text(at(pool, "origins", "address")), `the ${name}'s origin`, "edge"),
    poolName: needed(text(pool?.name), `the ${name}'s pool`, "edge"),
    timings: {
      intervalSeconds: number(monitor.interval) ?? 60,
      timeoutSeconds: number(monitor.timeout) ?? 5,
      retries: number(monitor.retries) ?? 2,
      consecutiveDown: number(monitor.consecutive_down) ?? 1,
      consecutiveUp: number(monitor.consecutive_up) ?? 1,
      failoverAcrossPools,
    },
  };
}

function poolOf(pools: readonly PlanObject[], name: StoreName): PlanObject | undefined {
  return pools.find((pool) => at(pool, "origins", "name") === name);
}

/** Of the function that knows the stores; all of them know the same. */
function functionEnvironment(replication: unknown): PlanObject {
  const environments = resources(replication, "aws_lambda_function").map((one) =>
    at(one, "environment", "variables"),
  );
  return environments.filter(isObject).find((one) => storeVariables("primary").bucket in one) ?? {};
}

function deployedReplication(replication: unknown): DeployedReplication {
  const functionNames = resources(replication, "aws_lambda_function").map((one) => text(one.function_name));
  const alarms = resources(replication, "aws_cloudwatch_metric_alarm");
  const everySeconds = resources(replication, "aws_cloudwatch_event_rule")
    .map((rule) => rateSeconds(text(rule.schedule_expression) ?? ""))
    .find((seconds) => seconds !== undefined);
  const [dashboard] = resources(replication, "aws_cloudwatch_dashboard");
  // All other functions' names begin with the sweep's.
  const [functionName] = functionNames.filter((name) => name !== undefined).sort();
  const sweep = needed(functionName, "the replicator's function", "replication");
  return {
    functionName: sweep,
    region: text(at(replication, "provider", "aws", "region")),
    ...(everySeconds !== undefined && { everyMinutes: everySeconds / 60 }),
    dashboardName: text(dashboard?.dashboard_name),
    alarms: alarms
      .flatMap((alarm) => {
        const name = text(alarm.alarm_name);
        if (name === undefined) return [];
        const threshold = number(alarm.threshold);
        const isLag = alarm.metric_name === METRIC_NAMES.lagSeconds && threshold !== undefined;
        return [
          {
            name,
            id: name.startsWith(`${sweep}-`) ? name.slice(sweep.length + 1) : name,
            means: text(alarm.alarm_description) ?? "",
            ...(isLag && { lagSeconds: threshold }),
          },
        ];
      })
      .sort((one, other) => one.name.localeCompare(other.name)),
  };
}

function notifiedBy(edge: unknown): readonly string[] {
  const mechanisms = resources(edge, "cloudflare_notification_policy").map(({ mechanisms }) => mechanisms);
  const found = mechanisms.flatMap((one) =>
    isObject(one)
      ? Object.entries(one).flatMap(([kind, receivers]) =>
          Array.isArray(receivers)
            ? receivers.flatMap((receiver) =>
                kind === "email" ? (text(at(receiver, "id")) ?? []) : `${kind} at Cloudflare`,
              )
            : [],
        )
      : [],
  );
  return [...new Set(found)].sort();
}

function variablesWithoutDefault(edge: unknown): readonly string[] {
  const variables = at(edge, "variable");
  return isObject(variables)
    ? Object.entries(variables)
        .filter(([, variable]) => isObject(variable) && !("default" in variable))
        .map(([name]) => name)
        .sort()
    : [];
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function seconds(value: unknown): number | undefined {
  const parsed = Number(value);
  return value !== undefined && Number.isFinite(parsed) ? parsed : undefined;
}

function needed<T>(value: T | undefined, what: string, stack: StackName): T {
  if (value !== undefined) return value;
  throw new DeploymentUnreadableError(
    `${what} is not to be found in the stack ${stack}: it is missing, or known only after a deployment`,
  );
}
