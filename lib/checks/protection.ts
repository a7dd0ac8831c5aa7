import { type Block, blocksOf, resourcesOfType } from "./plan-reading";
import type { Violation } from "./violation";

/** What holds the objects, and what serves the readers. */
const PRECIOUS_TYPES = ["aws_s3_bucket", "digitalocean_volume", "cloudflare_load_balancer"];

/** What Terraform must refuse to destroy. */
export function protectionViolations(plan: Block): readonly Violation[] {
  return resourcesOfType(plan, ...PRECIOUS_TYPES)
    .filter(
      ({ values }) => !blocksOf(values.lifecycle).some(({ prevent_destroy }) => prevent_destroy === true),
    )
    .map(({ address }) => ({ rule: "protected-from-destroy", address }));
}
