import { otherStore } from "../../contract/stores";
import { DnsOverHttpsMarker } from "../../lambda/marker/dns-over-https";
import { MarkerUnreadableError } from "../../lambda/marker/marker-reader";
import type { ReplicatorConfig } from "../../lambda/replicator/config";
import { WrongUseError } from "../wrong-use-error";
import { configuredStores } from "./configured-stores";
import type { OpenRequest } from "./open-stores";
import { planPlace, type StoreArguments } from "./store-arguments";

/**
 * The sides as they are given; where neither is, from the store that the marker calls active to the other one. For
 * commands that do not go in a direction of their own choice.
 *
 * @throws WrongUseError when nothing is configured here, MarkerUnreadableError when the marker does not tell
 */
export async function impliedDirection(
  given: StoreArguments,
  environment: OpenRequest["environment"],
): Promise<StoreArguments> {
  if (given.from !== undefined || given.to !== undefined) return given;
  const config = await configuredStores({ ...planPlace(given), environment });
  if (config === undefined) {
    throw new WrongUseError(
      "no stores are configured here; give --from and --to, or run npx cdktf synth and give its folder with --synthesized",
    );
  }
  const { active } = await readMarker(config);
  return { ...given, from: active, to: otherStore(active) };
}

async function readMarker({ markerName, resolvers }: ReplicatorConfig) {
  try {
    return await new DnsOverHttpsMarker({ recordName: markerName, resolvers }).read();
  } catch (error) {
    if (!(error instanceof MarkerUnreadableError)) throw error;
    throw new MarkerUnreadableError(`${error.message}; name the direction with --from and --to`, {
      cause: error,
    });
  }
}
