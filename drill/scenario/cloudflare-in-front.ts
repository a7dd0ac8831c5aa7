import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { StoreName } from "../../contract/stores";
import { startCloudflareApi } from "../cloudflare/start-cloudflare-api";
import type { EdgePlan } from "../edge/edge-plan";
import { readEdgePlan } from "../edge/read-edge-plan";
import type { StoreGateway } from "../gateway/store-gateway";
import type { Cleanup } from "../stage/cleanup";
import { gatewayBefore } from "../stage/service-gateways";
import type { Stage } from "../stage/stage";
import { applyThroughApi } from "./apply-through-api";

/** Cloudflare's API in front of the edge: what it is told, the edge does. */
export interface CloudflareInFront {
  /** As in `CLOUDFLARE_BASE_URL`. */
  readonly baseUrl: string;
  /** The only one that is let in. */
  readonly token: string;
  /** Set when the API is to be broken. */
  readonly gateway?: StoreGateway;
  /** The edge stack as it is deployed now. */
  readonly deployed: () => unknown;
  /** As Terraform applies the plan: the marker, then the load balancer. */
  readonly apply: (active: StoreName) => Promise<void>;
}

/** Deploys the primary's plan there. */
export async function startCloudflareInFront(
  stage: Stage,
  isBreakable: boolean,
  cleanup: Cleanup,
): Promise<CloudflareInFront> {
  const { edge, plans, emit, clock } = stage;
  const token = randomBytes(20).toString("hex");
  let current = plans.primary.edge;
  const api = await startCloudflareApi({
    token,
    edgeStack: plans.primary.stacks.edge,
    poolHealth: async (name) => (await edge.pools()).find((pool) => pool.name === name)?.status ?? "unknown",
    onRequest: ({ method, path }) => emit({ type: "api", at: clock(), method, path }),
    onChange: async (stack) => {
      const next = readEdgePlan(stack);
      const before = current;
      current = next;
      announce(stage, before, next);
      await edge.applyPlan(next);
    },
  });
  cleanup.add(() => api.stop());
  const front = isBreakable ? await gatewayBefore(api.baseUrl, cleanup) : undefined;
  const baseUrl = front?.url ?? api.baseUrl;
  return {
    baseUrl,
    token,
    gateway: front?.gateway,
    deployed: () => api.stack(),
    apply: (active) => applyThroughApi({ baseUrl, token }, plans[active].stacks.edge),
  };
}

/** What changed at the edge, thing by thing: Cloudflare knows no plan. */
function announce({ emit, clock }: Stage, before: EdgePlan, after: EdgePlan): void {
  const marker = after.marker.content;
  if (!isDeepStrictEqual(before.marker.content, marker)) emit({ type: "marker", at: clock(), marker });
  const [active] = after.defaultPools;
  if (active !== undefined && active.name !== before.defaultPools[0]?.name) {
    emit({ type: "pool-order", at: clock(), active: active.origin.name });
  }
}
