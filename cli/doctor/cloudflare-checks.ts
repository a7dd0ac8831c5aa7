import { type CloudflarePermission, cloudflarePermissionText } from "../../contract/cloudflare-permissions";
import type { CloudflareApi } from "../../operate/cloudflare/cloudflare-api";
import { CloudflareRefusedError } from "../../operate/cloudflare/cloudflare-errors";
import type { EdgeFacts } from "../../operate/edge-facts";
import { isKnown, type Known } from "../../operate/known";
import { reasonOf } from "../../operate/observe/ask";
import { daysUntil } from "../../operate/observe/certificate-age";
import type { Check, Finding, Patient } from "./check";

const EXPIRY_WARNING_DAYS = 21;

/** Of nothing: what may be changed is found out by asking for a change of what is not there. */
const NOTHING = "0".repeat(32);

export const CLOUDFLARE_CHECKS: readonly Check[] = [
  {
    id: "cloudflare-token",
    group: "cloudflare",
    title: "Cloudflare accepts the token",
    run: async (patient) => checkToken(await patient.cloudflare(), patient.signal),
  },
  {
    id: "cloudflare-permissions",
    group: "cloudflare",
    title: "the token may do what a flip does",
    run: checkPermissions,
  },
];

async function checkToken(api: CloudflareApi, signal: AbortSignal): Promise<Finding> {
  try {
    const verified = await api.ask(
      "GET /user/tokens/verify",
      (client, options) => client.user.tokens.verify(options),
      signal,
    );
    return judgeToken(verified, new Date());
  } catch (error) {
    if (!(error instanceof CloudflareRefusedError)) throw error;
    return { status: "problem", found: error.message, fix: NEW_TOKEN };
  }
}

const NEW_TOKEN =
  "make one in Cloudflare's dashboard (My Profile, API Tokens), and put it into CLOUDFLARE_API_TOKEN";

export function judgeToken(token: { status: string; expires_on?: string }, now: Date): Finding {
  if (token.status !== "active") return { status: "problem", found: `it is ${token.status}`, fix: NEW_TOKEN };
  if (token.expires_on === undefined) return { status: "ok", found: "active, without an end" };
  const days = Math.floor(daysUntil(token.expires_on, now));
  const found = `active, for another ${days} days`;
  return days < EXPIRY_WARNING_DAYS
    ? { status: "warning", found, fix: "roll it in Cloudflare's dashboard before it ends" }
    : { status: "ok", found };
}

interface Wanted {
  readonly permission: CloudflarePermission;
  /** Without it no flip; else it is a deployment of the edge that needs it. */
  readonly forFlip: boolean;
  ask(api: CloudflareApi, facts: EdgeFacts, signal: AbortSignal): Promise<unknown>;
}

/** Harmless each: reads, and changes of what does not exist, which are refused in one way or the other. */
const WANTED: readonly Wanted[] = [
  {
    permission: { scope: "zone", name: "DNS", level: "Edit" },
    forFlip: true,
    ask: (api, { zoneId, marker }, signal) =>
      api.ask(
        `PATCH /zones/${zoneId}/dns_records/${NOTHING}`,
        (client, options) =>
          client.dns.records.edit(
            NOTHING,
            { zone_id: zoneId, type: "TXT", name: marker.name, ttl: 60 },
            options,
          ),
        signal,
      ),
  },
  {
    permission: { scope: "zone", name: "Load Balancers", level: "Edit" },
    forFlip: true,
    ask: (api, { zoneId }, signal) =>
      api.ask(
        `PATCH /zones/${zoneId}/load_balancers/${NOTHING}`,
        (client, options) => client.loadBalancers.edit(NOTHING, { zone_id: zoneId }, options),
        signal,
      ),
  },
  {
    permission: { scope: "account", name: "Load Balancing: Monitors and Pools", level: "Read" },
    forFlip: true,
    ask: (api, { accountId, pools }, signal) =>
      api.ask(
        `GET /accounts/${accountId}/load_balancers/pools/${pools.primary.id}`,
        (client, options) =>
          client.loadBalancers.pools.get(pools.primary.id, { account_id: accountId }, options),
        signal,
      ),
  },
  {
    permission: { scope: "account", name: "Load Balancing: Monitors and Pools", level: "Edit" },
    forFlip: false,
    ask: (api, { accountId }, signal) =>
      api.ask(
        `PATCH /accounts/${accountId}/load_balancers/pools/${NOTHING}`,
        (client, options) => client.loadBalancers.pools.edit(NOTHING, { account_id: accountId }, options),
        signal,
      ),
  },
];

async function checkPermissions(patient: Patient): Promise<Finding> {
  const api = await patient.cloudflare();
  const facts = await patient.facts();
  const answers = await Promise.all(
    WANTED.map(async (wanted) => ({ wanted, granted: await isGranted(wanted, api, facts, patient.signal) })),
  );
  return judgePermissions(
    answers.map(({ wanted: { permission, forFlip }, granted }) => ({ permission, forFlip, granted })),
  );
}

/** Refused for what it asks, a request was let in; what is not there, nobody may be told. */
async function isGranted(
  wanted: Wanted,
  api: CloudflareApi,
  facts: EdgeFacts,
  signal: AbortSignal,
): Promise<Known<boolean>> {
  try {
    await wanted.ask(api, facts, signal);
    return { value: true };
  } catch (error) {
    if (!(error instanceof CloudflareRefusedError)) return { unknown: reasonOf(error) };
    return { value: error.status !== 401 && error.status !== 403 };
  }
}

export function judgePermissions(
  answers: readonly (Pick<Wanted, "permission" | "forFlip"> & { readonly granted: Known<boolean> })[],
): Finding {
  const told = (some: typeof answers) =>
    some.map(({ permission }) => cloudflarePermissionText(permission)).join(", ");
  const unknown = answers.find(({ granted }) => !isKnown(granted));
  const missing = answers.filter(({ granted }) => isKnown(granted) && !granted.value);
  const fatal = missing.filter(({ forFlip }) => forFlip);
  const fix = `give the token: ${told(fatal.length > 0 ? fatal : missing)}`;
  if (fatal.length > 0) return { status: "problem", found: `it lacks ${told(missing)}`, fix };
  if (unknown !== undefined && !isKnown(unknown.granted)) {
    return { status: "skipped", found: unknown.granted.unknown, fix: "try again" };
  }
  if (missing.length === 0) return { status: "ok", found: told(answers) };
  const found = `enough for a flip by the API; a deployment of the edge lacks ${told(missing)}`;
  return { status: "warning", found, fix };
}
