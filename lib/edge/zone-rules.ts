import { Ruleset, type RulesetRules } from "@cdktf/provider-cloudflare/lib/ruleset";
import type { TerraformProvider } from "cdktf";
import { Construct } from "constructs";
import { ConfigurationError } from "../configuration-error";
import { indexRewriteRule, originSecretRule, stampRemovalRule } from "./edge-rules";

export interface ZoneRulesProps {
  readonly zoneId: string;
  readonly hostname: string;
  /** @default - no secret is sent to the origins */
  readonly originSecret?: string;
  /** @default - the stack's Cloudflare provider */
  readonly provider?: TerraformProvider;
}

/** The zone's rulesets, one a phase. */
export class ZoneRules extends Construct {
  public readonly indexRewrite: Ruleset;
  public readonly stampRemoval: Ruleset;
  /** Undefined without an origin secret. */
  public readonly originSecret?: Ruleset;

  constructor(scope: Construct, id: string, props: ZoneRulesProps) {
    super(scope, id);
    const { hostname, originSecret } = props;
    this.indexRewrite = this.createRuleset(
      props,
      "index-rewrite",
      "http_request_transform",
      indexRewriteRule(hostname),
    );
    this.stampRemoval = this.createRuleset(
      props,
      "stamp-removal",
      "http_response_headers_transform",
      stampRemovalRule(hostname),
    );
    if (originSecret !== undefined) {
      this.originSecret = this.createRuleset(
        props,
        "origin-secret",
        "http_request_late_transform",
        originSecretRule(hostname, originSecret),
      );
    }
  }

  private createRuleset(props: ZoneRulesProps, id: string, phase: string, rule: RulesetRules): Ruleset {
    return phaseRuleset(this, id, phase, props, [rule]);
  }
}

/**
 * The ruleset of one phase of the zone.
 *
 * @throws ConfigurationError VALUE_INVALID when this app has one for it already: Cloudflare keeps no second one beside it,
 * and each deployment would replace the other's rules
 */
export function phaseRuleset(
  scope: Construct,
  id: string,
  phase: string,
  { provider, zoneId, hostname }: Pick<ZoneRulesProps, "provider" | "zoneId" | "hostname">,
  rules: RulesetRules[],
): Ruleset {
  refuseSecondRuleset(scope, phase, zoneId);
  return new Ruleset(scope, id, {
    provider,
    zoneId,
    kind: "zone",
    phase,
    name: `storage-failover ${id}`,
    description: `${hostname}: ${id.replace("-", " ")}`,
    rules,
  });
}

function refuseSecondRuleset(scope: Construct, phase: string, zoneId: string): void {
  const first = scope.node.root.node
    .findAll()
    .find(
      (construct) =>
        construct instanceof Ruleset && construct.phaseInput === phase && construct.zoneIdInput === zoneId,
    );
  if (first === undefined) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path: scope.node.path,
    what: `the zone has rules of the phase ${phase} already, from ${first.node.path}, and they would replace each other`,
    value: zoneId,
    allowed: "one ruleset a phase and zone",
    fix: "set manageZoneRules (or manageCacheRules) to false, and put the values of indexRewriteRule, stampRemovalRule, originSecretRule, cacheRule and cacheBypassRule for each host name into rulesets of your own",
  });
}
