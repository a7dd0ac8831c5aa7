import { STORE_NAMES } from "../../contract/stores";
import { reasonOf } from "../../operate/observe/ask";

/** Something that a flip, or what comes before it, needs to reach. */
export interface Endpoint {
  /** As in `Cloudflare's API`. */
  readonly name: string;
  readonly url: URL;
  /** Without it no flip; without the others it is seen less well. */
  readonly needed: boolean;
}

export interface EndpointAnswer extends Endpoint {
  /** Why there was none; absent where anything was answered. */
  readonly unreachable?: string;
  /** Seconds by which the other clock is ahead of ours; absent where it told no time. */
  readonly aheadSeconds?: number;
}

/** Seconds for one answer. */
const ANSWER_SECONDS = 10;

/** What a flip asks for, in the order in which it would be missed. */
export function endpointsOf(known: {
  readonly cloudflare: URL;
  readonly resolvers: readonly URL[];
  readonly stores: Readonly<Partial<Record<(typeof STORE_NAMES)[number], URL>>>;
}): readonly Endpoint[] {
  return [
    { name: "Cloudflare's API", url: known.cloudflare, needed: true },
    ...known.resolvers.map((url) => ({ name: `resolver ${url.host}`, url, needed: true })),
    ...STORE_NAMES.flatMap((store) => {
      const url = known.stores[store];
      return url === undefined ? [] : [{ name: `${store} store`, url, needed: false }];
    }),
  ];
}

/** Any answer counts, refusals too: what is asked is whether anybody is there. Nothing secret is sent. */
export async function askEndpoint(endpoint: Endpoint, signal: AbortSignal): Promise<EndpointAnswer> {
  const began = Date.now();
  try {
    const response = await fetch(endpoint.url, {
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_SECONDS * 1000)]),
    });
    const ended = Date.now();
    await response.body?.cancel();
    const date = Date.parse(response.headers.get("date") ?? "");
    if (Number.isNaN(date)) return endpoint;
    // A date is cut to its second: on average half of one is missing.
    return { ...endpoint, aheadSeconds: (date + 500 - (began + ended) / 2) / 1000 };
  } catch (error) {
    signal.throwIfAborted();
    return { ...endpoint, unreachable: reasonOf(error) };
  }
}
