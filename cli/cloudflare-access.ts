import type { CloudflareApi } from "../operate/cloudflare/cloudflare-api";
import { WrongUseError } from "./wrong-use-error";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Cloudflare's API by the token in the environment. Its client takes a while to load, and is loaded only here.
 *
 * @throws WrongUseError without a token, or for a base URL to which nobody should send one
 */
export async function cloudflareAccess(environment: Environment): Promise<CloudflareApi> {
  const { CLOUDFLARE_API_TOKEN: token, CLOUDFLARE_BASE_URL: baseUrl } = environment;
  if (!token)
    throw new WrongUseError("CLOUDFLARE_API_TOKEN is not set; Cloudflare lets nobody in without a token");
  const { CloudflareApi } = await import("../operate/cloudflare/cloudflare-api.js");
  try {
    return new CloudflareApi({ token, baseUrl });
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    throw new WrongUseError(error.message, { cause: error });
  }
}
