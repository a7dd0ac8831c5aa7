import { formatMarker, type Marker, parseMarker } from "../../contract/marker";
import { askResolver, resolverUrls } from "../../lambda/marker/dns-over-https";
import { isKnown, type Known } from "../known";
import type { Observation } from "../observation";
import type { Ask } from "./ask";

type ResolverReading = Observation["resolvers"][number];

/** One question for each resolver, by its host name. */
export interface ResolverQuestion {
  readonly name: string;
  readonly read: Ask<Marker>;
}

/** @throws RangeError when these are not two different URLs that may be used */
export function resolverQuestions(
  recordName: string,
  resolvers: readonly string[],
): readonly ResolverQuestion[] {
  return resolverUrls(resolvers).map((resolver) => ({
    name: resolver.host,
    read: async (signal) => parseMarker(await askResolver(resolver, recordName, signal)),
  }));
}

/** As running code takes it: what both resolvers say, and nothing where they differ or one is silent. */
export function agreedMarker(readings: readonly ResolverReading[]): Known<Marker> {
  const silent = readings.find(({ reading }) => !isKnown(reading));
  if (silent && !isKnown(silent.reading)) {
    const { unknown } = silent.reading;
    return { unknown: unknown.includes(silent.name) ? unknown : `${silent.name}: ${unknown}` };
  }
  const markers = readings.flatMap(({ reading }) => (isKnown(reading) ? [reading.value] : []));
  const [first] = markers;
  if (first === undefined) return { unknown: "no resolver was asked" };
  if (new Set(markers.map(formatMarker)).size === 1) return { value: first };
  const views = readings.map(({ name }, index) => {
    const marker = markers[index];
    return `${name} says ${marker ? formatMarker(marker) : "nothing"}`;
  });
  return { unknown: `resolvers disagree: ${views.join(", ")}` };
}
