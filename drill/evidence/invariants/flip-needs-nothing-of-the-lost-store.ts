import type { OperatorRan } from "../events";
import { isLoss } from "../fault-spans";
import type { Flip } from "../flips";
import type { RunHistory } from "../run-history";
import { counted, type InvariantVerdict, notApplicable, notChecked, verdict } from "./invariant";

/** What a flip must do without: the store that was left, and whatever else runs in its cloud. */
const NOT_NEEDED: ReadonlySet<string> = new Set(["primary", "secondary", "secrets", "function"]);

/** Exit code of the command line: could not reach something needed. */
const UNREACHABLE = 3;

/** I9: with the store that was left broken, the flip took place, and readers and the writer moved. */
export function flipNeedsNothingOfTheLostStore(history: RunHistory): InvariantVerdict {
  const failed = history.of("operator").filter((command) => neededTooMuch(history, command));
  const flips = history.flips.filter(({ at, from }) => {
    const fault = history.faultAt(from, at);
    return fault !== undefined && isLoss(fault);
  });
  if (flips.length === 0 && failed.length === 0) {
    return notApplicable("I9", "no flip left a store that was lost");
  }
  const looked = flips.flatMap((flip) => movesOf(history, flip));
  const decided = looked.filter(({ wasPossible, reads, writes }) => wasPossible || (reads > 0 && writes > 0));
  if (decided.length === 0 && failed.length === 0) {
    return notChecked("I9", "the lost store was back before the fence was over");
  }
  return verdict(
    "I9",
    decided
      .map(
        ({ flip, fault, reads, writes }) =>
          `The flip to ${flip.to} came while ${flip.from} was out of order (${fault}); before it returned, ${flip.to} answered ${counted(reads, "read")} and ${counted(writes, "write")}.`,
      )
      .join(" "),
    [
      ...decided.flatMap(({ flip, reads, writes }) => [
        ...(reads > 0 ? [] : [`no reader was served by ${flip.to} while ${flip.from} was lost`]),
        ...(writes > 0 ? [] : [`the writer did not reach ${flip.to} while ${flip.from} was lost`]),
      ]),
      ...failed.map(({ command }) => `"${command.join(" ")}" could not reach what no flip may need`),
    ],
  );
}

/** The writer waits for the fence, and for its own hold before that: sooner it could not have moved. */
function movesOf(history: RunHistory, flip: Flip) {
  const fault = history.faultAt(flip.from, flip.at);
  if (fault === undefined) return [];
  const until = Math.min(
    fault.end,
    history.flips.find(({ at }) => at > flip.at)?.at ?? Number.POSITIVE_INFINITY,
  );
  const meanwhile = (at: number) => at > flip.at && at < until;
  const reads = history
    .of("read")
    .filter(({ at, store, outcome }) => outcome === "ok" && store === flip.to && meanwhile(at)).length;
  const writes = history
    .writesTo(flip.to)
    .filter(({ at, outcome }) => outcome === "acknowledged" && meanwhile(at)).length;
  const wasPossible = Math.min(until, history.end) - flip.at > 2 * history.fenceMilliseconds;
  return [{ flip, fault: fault.fault, reads, writes, wasPossible }];
}

/** Nothing but what a flip must do without was broken, and the command says that it could not reach something. */
function neededTooMuch(history: RunHistory, { at, command, exitCode }: OperatorRan): boolean {
  if (command[0] !== "flip" || exitCode !== UNREACHABLE) return false;
  const broken = history.faults.filter((fault) => at >= fault.at && at < fault.end);
  return broken.length > 0 && broken.every(({ target }) => NOT_NEEDED.has(target));
}
