import { cloudflarePermissionText } from "../../../contract/cloudflare-permissions";
import {
  type CloudflareApiOptions,
  type RunningCloudflareApi,
  startCloudflareApi,
} from "../../../drill/cloudflare/start-cloudflare-api";
import { CloudflareApi, type CloudflareApiSettings } from "../../../operate/cloudflare/cloudflare-api";
import { CloudflareEdge } from "../../../operate/cloudflare/cloudflare-edge";
import type { EdgeFacts } from "../../../operate/edge-facts";
import { findFacts } from "../../../operate/facts/find-facts";
import { edgeStackJson } from "../../drill/edge-stack-fixture";

export const TOKEN = "stands-for-a-token";
export const HOSTNAME = "assets.example.com";
export const ZONE_ID = "1".repeat(32);
export const ACCOUNT_ID = "0".repeat(32);

/** Everything that a token for flips needs. */
export const FLIP_PERMISSIONS = [
  cloudflarePermissionText({ scope: "account", name: "Load Balancing: Monitors and Pools", level: "Read" }),
  cloudflarePermissionText({ scope: "zone", name: "Load Balancers", level: "Edit" }),
  cloudflarePermissionText({ scope: "zone", name: "DNS", level: "Edit" }),
  cloudflarePermissionText({ scope: "zone", name: "Zone", level: "Read" }),
];

/** The hand-made edge stack, with ids as Cloudflare gives them. */
export function deployableStack(): unknown {
  const text = JSON.stringify(edgeStackJson())
    .replaceAll('"zone_id":"zone"', `"zone_id":"${ZONE_ID}"`)
    .replaceAll('"account_id":"account"', `"account_id":"${ACCOUNT_ID}"`);
  return JSON.parse(text);
}

export interface DeployedEdge {
  readonly cloudflare: RunningCloudflareApi;
  readonly api: CloudflareApi;
  readonly facts: EdgeFacts;
  readonly edge: CloudflareEdge;
}

/** A deployed edge at a stand-in of Cloudflare, and what speaks with it. Whoever asks for it stops it. */
export async function deployEdge(
  options: Partial<CloudflareApiOptions> = {},
  settings: Partial<CloudflareApiSettings> = {},
): Promise<DeployedEdge> {
  const cloudflare = await startCloudflareApi({ token: TOKEN, edgeStack: deployableStack(), ...options });
  const api = new CloudflareApi({ token: TOKEN, baseUrl: cloudflare.baseUrl, ...settings });
  const facts = await findFacts(api, { hostname: HOSTNAME, zoneId: ZONE_ID }, new AbortController().signal);
  return { cloudflare, api, facts, edge: new CloudflareEdge(api, facts) };
}
