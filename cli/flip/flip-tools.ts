import { setTimeout } from "node:timers/promises";
import { otherStore } from "../../contract/stores";
import { CloudflareEdge } from "../../operate/cloudflare/cloudflare-edge";
import type { FlipTools } from "../../operate/flip/carry-out";
import { known, notAsked } from "../../operate/observe/ask";
import { cloudflareAccess } from "../cloudflare-access";
import type { FlipArguments } from "../commands/flip";
import { edgeFacts } from "../status/live-edge-source";
import { type FlipSituation, fenceOf } from "./flip-situation";
import { noteOnStore, noteText } from "./note-on-store";
import { storeClock } from "./store-clock";

/** Seconds between two looks for a clean pass. A tenth of a fence where that is shorter, as in a drill. */
const LOOK_SECONDS = 10;

interface Told extends Pick<FlipTools, "onStep"> {
  readonly say: (line: string) => void;
}

/** What a flip through Cloudflare's API works with. */
export async function flipTools(
  given: FlipArguments,
  situation: Pick<FlipSituation, "found" | "stores" | "place" | "journalFile"> & {
    readonly request: Pick<FlipSituation["request"], "to">;
  },
  { onStep, say }: Told,
  signal: AbortSignal,
): Promise<FlipTools> {
  const { found, stores, place, journalFile, request } = situation;
  const api = await cloudflareAccess(process.env);
  const asked = { environment: process.env, facts: given.facts, hostname: found.hostname };
  const facts = await edgeFacts(asked, async (hostname) => {
    const { findFacts } = await import("../../operate/facts/find-facts.js");
    return findFacts(api, { hostname }, signal);
  });
  const fence = fenceOf(given, facts.marker.ttlSeconds, stores, process.env.CLOUDFLARE_BASE_URL);
  const endpoint = stores?.stores[otherStore(request.to)].endpoint;
  const clock =
    endpoint === undefined
      ? notAsked("the active store's endpoint is not configured here")
      : (ended: AbortSignal) => storeClock(endpoint, ended);
  return {
    edge: new CloudflareEdge(api, facts),
    waiting: {
      now: () => Date.now(),
      wait: async (milliseconds, ended) => {
        await setTimeout(milliseconds, undefined, { signal: ended }).catch(() => ended.throwIfAborted());
      },
    },
    save: (journal) => journalFile.save(journal),
    onStep,
    note: async (active, confirm, ended) => {
      const noted = await noteOnStore(active, confirm, { ...place, seconds: given.timeout }, ended);
      say(noteText(noted, active));
    },
    fenceSeconds: fence,
    replication: {
      notes: (ended) => known(found.sources.notes[request.to], given.timeout, ended),
      activeClock: (ended) => known(clock, given.timeout, ended),
      pollMilliseconds: Math.min(LOOK_SECONDS, Math.max(fence / 10, 0.1)) * 1000,
      giveUpMilliseconds: given.wait * 60_000,
    },
  };
}
