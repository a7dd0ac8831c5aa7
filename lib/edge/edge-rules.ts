import type { RulesetRules } from "@cdktf/provider-cloudflare/lib/ruleset";
import { STAMP_HEADER } from "../../contract/stamp";
import { HEALTH_KEY, STATE_PREFIX } from "../../contract/state-keys";

/**
 * Rules of the zone that make both origins look the same. They are values, because Cloudflare keeps one ruleset
 * a phase and zone: a team with rules of its own adds these to them and sets `manageZoneRules` or
 * `manageCacheRules` to false.
 *
 * Each rule has a `ref`; without one, every plan shows a difference.
 */

/** Phase `http_request_transform`: `/` becomes `/index.html` for either origin, since S3's REST endpoint has no index document. */
export function indexRewriteRule(hostname: string): RulesetRules {
  return {
    ref: refOf("index", hostname),
    description: "Index document, the same at both stores",
    expression: `(http.host eq "${hostname}" and http.request.uri.path eq "/")`,
    action: "rewrite",
    actionParameters: { uri: { path: { value: "/index.html" } } },
    enabled: true,
  };
}

/** Phase `http_response_headers_transform`: readers never see replication's stamp. */
export function stampRemovalRule(hostname: string): RulesetRules {
  return {
    ref: refOf("stamp", hostname),
    description: "Replication's stamp is nobody's business",
    expression: `(http.host eq "${hostname}")`,
    action: "rewrite",
    actionParameters: { headers: { [STAMP_HEADER]: { operation: "remove" } } },
    enabled: true,
  };
}

/** Phase `http_request_late_transform`: the secret by which a store knows this zone's requests from those of other zones. */
export function originSecretRule(hostname: string, originSecret: string): RulesetRules {
  return {
    ref: refOf("origin-secret", hostname),
    description: "Origins answer this zone only",
    expression: `(http.host eq "${hostname}")`,
    action: "rewrite",
    actionParameters: { headers: { Referer: { operation: "set", value: originSecret } } },
    enabled: true,
  };
}

/** What Cloudflare's cache keeps. */
export interface CacheRuleOptions {
  /**
   * Seconds for which the edge keeps every object, whatever its Cache-Control says; 0 keeps none.
   *
   * @default - each object's own Cache-Control or Expires decides, and an object without either is not kept
   */
  readonly edgeCacheSeconds?: number;
  /**
   * Whether errors are kept from the cache by their status, which Cloudflare offers on the Enterprise plan only.
   * Matters with `edgeCacheSeconds` only: without it an error of a store carries no Cache-Control and is not kept.
   *
   * @default false
   */
  readonly excludeErrors?: boolean;
}

/**
 * Phase `http_request_cache_settings`: the cache never makes a read older than the object's owner allows.
 *
 * Cloudflare's own defaults keep many kinds of files for two hours when they say nothing, and tell browsers to
 * keep them for four: readers would go on seeing the old store long after a flip. The cache key stays
 * Cloudflare's: it holds the Origin header, so that CORS answers of two sites do not mix, and the query string,
 * because S3 answers `?partNumber=1` with a part of the object. ETags stay strong: a range with `If-Range`
 * resumes a download on the other store, whose ETags are the same.
 */
export function cacheRule(hostname: string, options: CacheRuleOptions = {}): RulesetRules {
  const { edgeCacheSeconds, excludeErrors = false } = options;
  return {
    ref: refOf("cache", hostname),
    description: "The cache obeys the objects, not the defaults of the zone",
    expression: `(http.host eq "${hostname}")`,
    action: "set_cache_settings",
    actionParameters:
      edgeCacheSeconds === 0
        ? { cache: false, browserTtl: { mode: "respect_origin" } }
        : {
            cache: true,
            edgeTtl:
              edgeCacheSeconds === undefined
                ? { mode: "bypass_by_default" }
                : {
                    mode: "override_origin",
                    default: edgeCacheSeconds,
                    ...(excludeErrors
                      ? { statusCodeTtl: [{ statusCodeRange: { from: 400 }, value: DO_NOT_STORE }] }
                      : {}),
                  },
            browserTtl: { mode: "respect_origin" },
            respectStrongEtags: true,
            serveStale: { disableStaleWhileUpdating: true },
          },
    enabled: true,
  };
}

/** What Cloudflare reads as `no-store` in a time to live by status. */
const DO_NOT_STORE = -1;

/**
 * Phase `http_request_cache_settings`, after `cacheRule`, because the last rule that matches wins: the health object
 * tells people which store answers now, and replication's state is nobody's to keep.
 */
export function cacheBypassRule(hostname: string): RulesetRules {
  return {
    ref: refOf("cache-bypass", hostname),
    description: "Health and state are never kept",
    expression: `(http.host eq "${hostname}" and (http.request.uri.path eq "/${HEALTH_KEY}" or starts_with(http.request.uri.path, "/${STATE_PREFIX}")))`,
    action: "set_cache_settings",
    actionParameters: { cache: false, browserTtl: { mode: "respect_origin" } },
    enabled: true,
  };
}

/** A ref stands once in a ruleset, which may hold the rules of several host names. */
function refOf(rule: string, hostname: string): string {
  return `storage-failover-${rule}-${hostname.replaceAll(".", "-")}`;
}
