import { EDGE_FACTS_FILE, type EdgeFacts } from "../../operate/edge-facts";
import { FactsMissingError } from "../../operate/facts/facts-errors";
import type { LiveEdgeState } from "../../operate/live-edge";
import { type Ask, notAsked } from "../../operate/observe/ask";

type Environment = Readonly<Record<string, string | undefined>>;

export interface LiveEdgePlace {
  readonly environment: Environment;
  /** @default EDGE_FACTS_FILE */
  readonly facts?: string;
  /** Host name that readers use, to find the ids by where there is no such file. */
  readonly hostname?: string;
}

/** What Cloudflare says, where there is a token. Its client is loaded only then, and before the time of the question runs. */
export async function liveEdgeSource(place: LiveEdgePlace): Promise<Ask<LiveEdgeState>> {
  const { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_BASE_URL: baseUrl } = place.environment;
  if (!token) return notAsked("set CLOUDFLARE_API_TOKEN");
  const [{ CloudflareApi }, { CloudflareEdge }, { findFacts }] = await Promise.all([
    import("../../operate/cloudflare/cloudflare-api.js"),
    import("../../operate/cloudflare/cloudflare-edge.js"),
    import("../../operate/facts/find-facts.js"),
  ]);
  return async (signal) => {
    const api = new CloudflareApi({ token, baseUrl });
    const facts = await edgeFacts(place, (hostname) => findFacts(api, { hostname }, signal));
    return new CloudflareEdge(api, facts).read(signal);
  };
}

/** From the file; where there is none, looking costs a few requests and not the answer. */
export async function edgeFacts(
  { facts, hostname }: LiveEdgePlace,
  find: (hostname: string) => Promise<EdgeFacts>,
): Promise<EdgeFacts> {
  const { readFacts } = await import("../../operate/facts/facts-file.js");
  try {
    return await readFacts(facts ?? EDGE_FACTS_FILE);
  } catch (error) {
    const isLookedFor = error instanceof FactsMissingError && facts === undefined;
    if (!isLookedFor || hostname === undefined) throw error;
    return find(hostname);
  }
}
