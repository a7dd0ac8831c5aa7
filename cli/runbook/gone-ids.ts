import type { EdgeFacts } from "../../operate/edge-facts";
import type { ChangedFact } from "../../operate/facts/changed-facts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Ids that Cloudflare does not know any more, or not for this; undefined where nobody may ask it.
 *
 * @throws CloudflareUnreachableError, CloudflareRefusedError
 */
export async function goneIds(
  facts: EdgeFacts,
  { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_BASE_URL: baseUrl }: Environment,
  signal: AbortSignal,
): Promise<readonly ChangedFact[] | undefined> {
  if (!token) return undefined;
  // The client takes a while to load, and is needed here alone.
  const [{ CloudflareApi }, { EdgeNotFoundError, findFacts }, { changedFacts }] = await Promise.all([
    import("../../operate/cloudflare/cloudflare-api.js"),
    import("../../operate/facts/find-facts.js"),
    import("../../operate/facts/changed-facts.js"),
  ]);
  try {
    return changedFacts(
      facts,
      await findFacts(
        new CloudflareApi({ token, baseUrl }),
        { hostname: facts.hostname, zoneId: facts.zoneId },
        signal,
      ),
    );
  } catch (error) {
    if (!(error instanceof EdgeNotFoundError)) throw error;
    return [{ path: "the edge", was: facts.loadBalancerId, is: `gone: ${error.message}` }];
  }
}
