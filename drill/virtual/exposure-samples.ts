import { seededRandom } from "../workload/seeded-random";
import { evenPhases, GOLDEN } from "./even-phases";
import { replicationTimings, type VirtualPlan } from "./virtual-plan";

/** By how much a pass is shorter or longer than computed, as a share: stores are not always as fast. */
export const PASS_SPREAD = 0.1;

/** Outages at random moments of one stretch of so many passes. */
const OUTAGES_OF_A_STRETCH = 20;
const PASSES_OF_A_STRETCH = 40;

export interface ExposureSamples {
  /** Seconds of acknowledged writes that no complete pass vouches for. */
  readonly seconds: readonly number[];
  /** How many writes those are. */
  readonly writes: readonly number[];
}

interface Pass {
  readonly began: number;
  readonly ended: number;
}

/** Loses the active store at random moments, and looks what the last complete pass vouches for. */
export function exposureSamples(plan: VirtualPlan, runs: number, seed: number): ExposureSamples {
  const random = seededRandom(seed);
  const phases = evenPhases(random, GOLDEN);
  const seconds: number[] = [];
  while (seconds.length < runs) {
    const passes = stretchOfPasses(plan, () => 1 + PASS_SPREAD * (2 * random.fraction() - 1));
    const [first, last] = [passes[0], passes.at(-1)];
    if (first === undefined || last === undefined) throw new RangeError("a stretch has passes");
    for (let outage = 0; outage < OUTAGES_OF_A_STRETCH && seconds.length < runs; outage += 1) {
      const lostAt = first.ended + phases(seconds.length) * (last.ended - first.ended);
      const vouches = passes.findLast(({ ended }) => ended <= lostAt) ?? first;
      seconds.push(lostAt - vouches.began);
    }
  }
  const { writesPerSecond } = plan.work;
  // Writers do not wait for the moment of an outage: the first write after the sync point comes whenever it comes.
  return { seconds, writes: seconds.map((each) => Math.floor(each * writesPerSecond + random.fraction())) };
}

/** Runs begin at moments of the schedule, one at a time; one that is out of time leaves the rest of its pass to the next. */
function stretchOfPasses(plan: VirtualPlan, factor: () => number): readonly Pass[] {
  const { intervalSeconds, passSeconds, runSeconds = Number.POSITIVE_INFINITY } = replicationTimings(plan);
  const passes: Pass[] = [];
  let run = 0;
  while (passes.length < PASSES_OF_A_STRETCH) {
    const began = run * intervalSeconds;
    let left = passSeconds * factor();
    for (;;) {
      const worked = Math.min(left, runSeconds);
      const ended = run * intervalSeconds + worked;
      left -= worked;
      run = Math.max(run + 1, Math.ceil(ended / intervalSeconds));
      if (left > 0) continue;
      passes.push({ began, ended });
      break;
    }
  }
  return passes;
}
