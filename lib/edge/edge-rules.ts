import type { RulesetRules } from "@cdktf/provider-cloudflare/lib/ruleset";
import { STAMP_HEADER } from "../../contract/stamp";

/**
 * Rules of the zone that make both origins look the same. They are values, because Cloudflare keeps one ruleset
 * a phase and zone: a team with rules of its own adds these to them and sets `manageZoneRules` to false.
 *
 * Each rule has a `ref`; without one, every plan shows a difference.
 */

/** Phase `http_request_transform`: `/` becomes `/index.html` for either origin, since S3's REST endpoint has no index document. */
export function indexRewriteRule(hostname: string): RulesetRules {
  return {
    ref: "storage-failover-index",
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
    ref: "storage-failover-stamp",
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
    ref: "storage-failover-origin-secret",
    description: "Origins answer this zone only",
    expression: `(http.host eq "${hostname}")`,
    action: "rewrite",
    actionParameters: { headers: { Referer: { operation: "set", value: originSecret } } },
    enabled: true,
  };
}
