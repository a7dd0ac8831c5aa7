import { CloudflareProvider } from "@cdktf/provider-cloudflare/lib/provider";
import { App, TerraformStack, TerraformVariable, Testing } from "cdktf";
import type { StoreName } from "../../contract/stores";
import { FailoverLoadBalancer, type FailoverLoadBalancerProps } from "../../lib/edge/failover-load-balancer";
import { exampleEdgeProps } from "./example-stores";
import { synthesizedResources } from "./synthesized-resources";

/** Synthesizes the construct in a stack of its own, with validations; `secret` gives it a sensitive variable to send. */
export function edgeSynthesizer(outdir: string) {
  return (change: Partial<FailoverLoadBalancerProps> = {}, secret = false) => {
    const stack = new TerraformStack(new App({ outdir }), "edge");
    new CloudflareProvider(stack, "cloudflare", {});
    const variable = new TerraformVariable(stack, "origin_secret", { type: "string", sensitive: true });
    const edge = new FailoverLoadBalancer(stack, "edge", {
      ...exampleEdgeProps,
      ...(secret ? { originSecret: variable.stringValue } : {}),
      ...change,
    });
    const { resources, only } = synthesizedResources(Testing.synth(stack, true));
    const ofStore = (type: string, store: StoreName) =>
      Object.entries(resources[type] ?? {}).find(([name]) => name.startsWith(`edge_${store}_`)) ?? ["", {}];
    const ruleOf = (phase: string) =>
      Object.values(resources.cloudflare_ruleset ?? {}).find((ruleset) => ruleset.phase === phase)?.rules;
    return { edge, resources, only, ofStore, ruleOf };
  };
}
