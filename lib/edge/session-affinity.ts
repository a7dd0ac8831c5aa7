import type { LoadBalancerConfig } from "@cdktf/provider-cloudflare/lib/load-balancer";
import { ConfigurationError } from "../configuration-error";
import { checkWholeNumber } from "../private/whole-number";

/**
 * - `none`: each read goes to the first healthy store.
 * - `cookie`: a reader stays with the store of its first read, by Cloudflare's cookie.
 * - `ip_cookie`: the same, and the first store follows from the reader's address.
 */
export const SESSION_AFFINITIES = ["none", "cookie", "ip_cookie"] as const;

/** How a reader is kept at one store. */
export type SessionAffinity = (typeof SESSION_AFFINITIES)[number];

/** Whether a reader stays at the store that answered first. */
export interface SessionAffinityProps {
  /**
   * Whether a reader stays with the store that it read first, as long as that is healthy. Readers that stay do not
   * follow a flip before their session ends, which is why the default is none: use it only where a page and its
   * files must come from one store.
   *
   * @default "none"
   */
  readonly sessionAffinity?: SessionAffinity;
  /**
   * Seconds for which a reader stays; 1800 to 604800. Only with a session affinity.
   *
   * @default 82800 - 23 hours, Cloudflare's own
   */
  readonly sessionAffinitySeconds?: number;
}

const DEFAULT_SECONDS = 82_800;

type SessionAffinityConfig = Pick<
  LoadBalancerConfig,
  "sessionAffinity" | "sessionAffinityTtl" | "sessionAffinityAttributes"
>;

/**
 * The arguments of the load balancer, each written out: provider 5.14 shows computed nested objects as changed otherwise.
 *
 * @throws ConfigurationError VALUE_INVALID for another kind, or for a time without a session; NUMBER_OUT_OF_RANGE
 */
export function sessionAffinityConfig(props: SessionAffinityProps, path: string): SessionAffinityConfig {
  const { sessionAffinity = "none", sessionAffinitySeconds } = props;
  checkKind(sessionAffinity, `${path}/sessionAffinity`);
  if (sessionAffinity === "none") {
    refuseTimeWithoutSession(sessionAffinitySeconds, `${path}/sessionAffinitySeconds`);
    return { sessionAffinity, sessionAffinityAttributes: attributes("none") };
  }
  return {
    sessionAffinity,
    sessionAffinityTtl: checkWholeNumber(
      sessionAffinitySeconds ?? DEFAULT_SECONDS,
      { least: 1800, most: 604_800, unit: "seconds" },
      `${path}/sessionAffinitySeconds`,
    ),
    // With "none", Cloudflare would not retry a reader that stays with a store that cannot be reached.
    sessionAffinityAttributes: attributes("temporary"),
  };
}

function attributes(
  zeroDowntimeFailover: "none" | "temporary",
): SessionAffinityConfig["sessionAffinityAttributes"] {
  return { drainDuration: 0, samesite: "Auto", secure: "Auto", zeroDowntimeFailover };
}

function checkKind(sessionAffinity: string, path: string): void {
  if (SESSION_AFFINITIES.some((kind) => kind === sessionAffinity)) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "this is no session affinity that works without headers of the reader's",
    value: sessionAffinity,
    allowed: SESSION_AFFINITIES.join(", "),
    fix: 'leave it away, or use "cookie"',
  });
}

function refuseTimeWithoutSession(seconds: number | undefined, path: string): void {
  if (seconds === undefined) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "there is no session whose time this could be",
    value: seconds,
    allowed: 'nothing, while sessionAffinity is "none"',
    fix: 'leave it away, or set sessionAffinity to "cookie"',
  });
}
