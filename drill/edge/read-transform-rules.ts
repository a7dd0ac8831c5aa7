import type { EdgePlan } from "./edge-plan";
import type { PlanNode } from "./plan-node";

type TransformRules = Pick<EdgePlan, "rewrites" | "requestHeaders" | "removedResponseHeaders">;

const CACHE_PHASE = "http_request_cache_settings";

interface Condition {
  /** The one path that the rule is for; undefined for all. */
  readonly path?: string;
}

/**
 * Reads the transform rulesets: path rewrites, request headers that are set, response headers that are removed.
 * A rule whose expression or action is not understood is an error: a rule left out would be a drill of another edge.
 */
export function readTransformRules(rulesets: PlanNode, hostname: string): TransformRules {
  const rewrites: { from: string; to: string }[] = [];
  const requestHeaders: Record<string, string> = {};
  const removedResponseHeaders: string[] = [];

  for (const [, ruleset] of rulesets.entries()) {
    // The engine has no cache: every read reaches an origin, as each does at the real edge once nothing is kept of it.
    if (ruleset.at("phase").text() === CACHE_PHASE) {
      refuseOtherThanCacheSettings(ruleset);
      continue;
    }
    for (const rule of ruleset.at("rules").items()) {
      if (!rule.at("enabled").flag(true)) continue;
      if (rule.at("action").text() !== "rewrite")
        throw rule.at("action").unsupported("a rule that does not rewrite");
      const condition = readCondition(rule.at("expression"), hostname);
      const parameters = rule.at("action_parameters");
      switch (ruleset.at("phase").text()) {
        case "http_request_transform":
          rewrites.push(readRewrite(rule, condition));
          break;
        case "http_request_late_transform":
          refusePathCondition(rule, condition);
          Object.assign(requestHeaders, readSetHeaders(parameters.at("headers")));
          break;
        case "http_response_headers_transform":
          refusePathCondition(rule, condition);
          removedResponseHeaders.push(...readRemovedHeaders(parameters.at("headers")));
          break;
        default:
          throw ruleset.at("phase").unsupported("rules of this phase");
      }
    }
  }
  return { rewrites, requestHeaders, removedResponseHeaders };
}

function refuseOtherThanCacheSettings(ruleset: PlanNode): void {
  for (const rule of ruleset.at("rules").items()) {
    if (rule.at("action").text() !== "set_cache_settings")
      throw rule.at("action").unsupported("a rule that does more than cache");
    if (rule.at("action_parameters").at("cache_key").isPresent)
      throw rule.at("action_parameters").at("cache_key").unsupported("a cache key of its own");
  }
}

/** Understands `true`, and `http.host eq "…"` and `http.request.uri.path eq "…"` joined by `and`. */
function readCondition(expression: PlanNode, hostname: string): Condition {
  let path: string | undefined;
  for (const part of expression
    .text()
    .replace(/[()]/g, " ")
    .split(/\s+and\s+/)) {
    const clause = part.trim();
    if (clause === "true" || clause === `http.host eq "${hostname}"`) continue;
    path = /^http\.request\.uri\.path eq "([^"]*)"$/.exec(clause)?.[1];
    if (path === undefined) throw expression.unsupported(`the condition ${clause}`);
  }
  return { path };
}

function refusePathCondition(rule: PlanNode, condition: Condition): void {
  if (condition.path !== undefined)
    throw rule.at("expression").unsupported("a header rule for one path only");
}

function readRewrite(rule: PlanNode, condition: Condition): { from: string; to: string } {
  if (condition.path === undefined)
    throw rule.at("expression").unsupported("a rewrite that is not for one path");
  return { from: condition.path, to: rule.at("action_parameters").at("uri").at("path").at("value").text() };
}

function readSetHeaders(headers: PlanNode): Record<string, string> {
  const set: Record<string, string> = {};
  for (const [name, header] of headers.entries()) {
    if (header.at("operation").text() !== "set")
      throw header.at("operation").unsupported("this operation on a request header");
    set[name] = header.at("value").text();
  }
  return set;
}

function readRemovedHeaders(headers: PlanNode): readonly string[] {
  return headers.entries().map(([name, header]) => {
    if (header.at("operation").text() !== "remove")
      throw header.at("operation").unsupported("this operation on a response header");
    return name.toLowerCase();
  });
}
