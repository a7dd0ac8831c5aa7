import type { StoreName } from "../../contract/stores";
import { isFirst } from "../cloudflare/pool-order";
import { isKnown } from "../known";
import type { LiveEdge } from "../live-edge";

/** The marker and the order do not come to rest: somebody changes them as fast as they are put right. */
export class EdgeUnsettledError extends Error {
  public override readonly name = "EdgeUnsettledError";
}

const ROUNDS = 5;

/**
 * Makes the order of the pools follow the marker, whatever that says now, and looks again after each change. So two
 * flips at once end in one of the two states and never between them: whoever changes the order last reads the marker
 * after it.
 *
 * @returns the store that both name
 * @throws EdgeUnsettledError
 */
export async function settleOrder(edge: LiveEdge, signal: AbortSignal): Promise<StoreName> {
  let wanted = await activeOf(edge, signal);
  for (let round = 0; round < ROUNDS; round++) {
    await edge.writeOrder(wanted, signal);
    const { marker, loadBalancer, pools } = await edge.read(signal);
    const active = isKnown(marker.marker) ? marker.marker.value.active : wanted;
    if (active === wanted && isFirst(loadBalancer, pools[wanted].id)) return wanted;
    wanted = active;
  }
  throw new EdgeUnsettledError(
    "marker and load balancer were changed by somebody else each time they had been put right; see: storage-failover status",
  );
}

async function activeOf(edge: LiveEdge, signal: AbortSignal): Promise<StoreName> {
  const { marker } = (await edge.read(signal)).marker;
  if (isKnown(marker)) return marker.value.active;
  throw new EdgeUnsettledError(`Cloudflare's record is no marker: ${marker.unknown}`);
}
