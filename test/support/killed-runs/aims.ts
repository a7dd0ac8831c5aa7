import { EPOCH_KEY, LEASE_KEY, PROGRESS_KEY, UPLOADS_KEY } from "../../../contract/state-keys";
import type { SeededRandom } from "../../../drill/workload/seeded-random";
import type { Operation } from "./seen-request";
import type { Stage } from "./store-gate";

/** Where in a run its process is killed. */
export interface Aim {
  /** What the stores must look like before the run, so that it comes to such a request. */
  readonly given?:
    | "an object in parts"
    | "its object overwritten"
    | "a deletion"
    | "a flip that nobody noted";
  /** What the request does; any, without it. */
  readonly operation?: Operation;
  readonly key?: string;
  /** Which of these requests, from 1. */
  readonly nth: number;
  readonly stage: Stage;
  /** The next aim is about what this kill left: nothing may come between. */
  readonly next?: Aim;
}

const STAGES: readonly Stage[] = ["before", "during", "after"];

/** Requests of a usual run; some are shorter. */
const USUAL_REQUESTS = 70;

/** Two kills in five come at any request, the others at those that a run has few of, and that matter most. */
export function aims(count: number, random: SeededRandom): readonly Aim[] {
  const stage = () => random.pick(STAGES);
  const inParts = { given: "an object in parts", nth: 1 } as const;
  const special: (() => Aim)[] = [
    () => ({ ...inParts, operation: "put state", key: UPLOADS_KEY, stage: stage() }),
    () => ({ ...inParts, operation: "put state", key: UPLOADS_KEY, nth: 2, stage: stage() }),
    () => ({ ...inParts, operation: "begin upload", stage: stage() }),
    () => ({ ...inParts, operation: "send part", nth: 2, stage: stage() }),
    () => ({ ...inParts, operation: "complete upload", stage: stage() }),
    () => ({ given: "a deletion", operation: "place marker", nth: 1, stage: "before" }),
    () => ({ given: "a deletion", operation: "place marker", nth: 1, stage: "after" }),
    () => ({ operation: "put", nth: random.whole(1, 3), stage: stage() }),
    () => ({ operation: "put state", key: LEASE_KEY, nth: random.whole(1, 2), stage: stage() }),
    () => ({ operation: "put state", key: PROGRESS_KEY, nth: 1, stage: stage() }),
    () => ({
      given: "a flip that nobody noted",
      operation: "put state",
      key: EPOCH_KEY,
      nth: random.whole(1, 2),
      stage: stage(),
    }),
    () => ({
      ...inParts,
      operation: "send part",
      stage: stage(),
      next: { operation: "complete upload", nth: 1, stage: stage() },
    }),
    () => ({
      ...inParts,
      operation: "send part",
      stage: stage(),
      next: { given: "its object overwritten", operation: "abort upload", nth: 1, stage: stage() },
    }),
  ];
  const first = random.whole(0, special.length - 1);
  const chosen: Aim[] = [];
  for (let kills = 0, specials = 0; kills < count; ) {
    const make = chosen.length % 5 < 3 ? special[(first + specials) % special.length] : undefined;
    const aim = make?.() ?? { nth: random.whole(1, USUAL_REQUESTS), stage: stage() };
    if (make) specials += 1;
    chosen.push(aim);
    kills += aim.next ? 2 : 1;
  }
  return chosen;
}
