import { EDGE_FACTS_FILE } from "../../operate/edge-facts";
import type { LiveEdgeState } from "../../operate/live-edge";
import { type Ask, notAsked } from "../../operate/observe/ask";
import type { ObservationPlace } from "./observation-sources";

/** What Cloudflare says, where there is a token and the ids are known. */
export function liveEdgeSource({
  environment,
}: Pick<ObservationPlace, "environment" | "facts">): Ask<LiveEdgeState> {
  if (!environment.CLOUDFLARE_API_TOKEN) return notAsked("set CLOUDFLARE_API_TOKEN");
  return notAsked(`no ${EDGE_FACTS_FILE}`);
}
