import { HEALTH_KEY } from "../../contract/state-keys";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import type { EdgeFacts } from "../edge-facts";
import type { Deployment } from "./deployment";
import { code, link, table } from "./markdown";

/** Which provider's store a name stands for, in words. */
const STORE_TITLES: Readonly<Record<StoreName, string>> = {
  primary: "primary (S3)",
  secondary: "secondary",
};

/** Every id and where it is looked at: section 9. */
export function places(deployment: Deployment, facts: EdgeFacts | undefined): string {
  const { hostname, marker, stores, droplet, replication } = deployment;
  const rows: readonly (readonly [string, string, string])[] = [
    ["host name of readers", code(hostname), `https://${hostname}/${HEALTH_KEY}`],
    ["marker", code(marker.name), dashboard("DNS records", "/:account/:zone/dns/records")],
    ["zone", id(facts?.zoneId ?? deployment.zoneId), dashboard("zone", "/:account/:zone")],
    ["account", id(facts?.accountId ?? deployment.accountId), dashboard("account", "/:account")],
    ["load balancer", id(facts?.loadBalancerId), dashboard("Load Balancing", "/:account/load-balancing")],
    ["marker's record", id(facts?.marker.recordId), ""],
    ...STORE_NAMES.flatMap((name): readonly (readonly [string, string, string])[] => [
      [`pool of the ${name}`, `${code(stores[name].poolName)} ${id(facts?.pools[name].id)}`, ""],
      [`monitor of the ${name}`, id(facts?.pools[name].monitorId), ""],
    ]),
    ...STORE_NAMES.map((name): readonly [string, string, string] => [
      STORE_TITLES[name],
      `bucket ${code(stores[name].bucket)} at ${code(stores[name].endpoint)}`,
      `origin ${code(stores[name].originHost)}`,
    ]),
    ...(droplet === undefined
      ? []
      : [
          [
            "droplet",
            `${code(droplet.name)}${droplet.region === undefined ? "" : ` in ${droplet.region}`}${droplet.volumeGiB === undefined ? "" : `, volume ${droplet.volumeGiB} GiB`}`,
            link("droplets", "https://cloud.digitalocean.com/droplets"),
          ] as const,
        ]),
    ["replicator", code(replication.functionName), awsLinks(deployment)],
  ];
  return table(["what", "name or id", "where"], rows);
}

function awsLinks({ replication: { region, functionName, dashboardName } }: Deployment): string {
  if (region === undefined) return "the AWS console, in its region";
  const console = `https://${region}.console.aws.amazon.com`;
  const group = `/aws/lambda/${functionName}`.replaceAll("/", "$252F");
  return [
    link("function", `${console}/lambda/home?region=${region}#/functions/${functionName}`),
    link("log", `${console}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${group}`),
    link("alarms", `${console}/cloudwatch/home?region=${region}#alarmsV2:?search=${functionName}`),
    ...(dashboardName === undefined
      ? []
      : [
          link(
            "dashboard",
            `${console}/cloudwatch/home?region=${region}#dashboards/dashboard/${dashboardName}`,
          ),
        ]),
  ].join(" · ");
}

function dashboard(title: string, to: string): string {
  return link(title, `https://dash.cloudflare.com/?to=${to}`);
}

function id(value: string | undefined): string {
  return value === undefined ? "not known: `storage-failover facts`" : code(value);
}
