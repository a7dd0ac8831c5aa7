import { formatMarker, type Marker } from "../../contract/marker";
import { otherStore, type StoreName } from "../../contract/stores";
import { isKnown } from "../known";
import type { LiveEdge } from "../live-edge";
import { awaitCleanPass, type PassPatience, type ReplicationWatch, type Waiting } from "./await-clean-pass";
import { doneAt, type FlipJournal, type FlipOutcome } from "./journal";
import { type FlipStep, markersBefore, planFlip } from "./plan-flip";
import { settleOrder } from "./settle-order";

/** Another flip, or a person, changed the marker meanwhile. The order follows what it says now. */
export class FlipTakenOverError extends Error {
  public override readonly name = "FlipTakenOverError";
}

export interface FlipTools {
  readonly edge: LiveEdge;
  readonly waiting: Waiting;
  /** Keeps the journal; before and after every step. */
  save(journal: FlipJournal): Promise<void>;
  /** Told when a step begins, and when it has ended. */
  onStep?(step: FlipStep, state: "begun" | "done" | "done-before"): void;
  readonly fenceSeconds: number;
  /**
   * Counts the flip in the epoch journal of the store that is active now: undone before a run looks, it would leave no
   * trace, and what was deleted meanwhile would come back. Whoever cannot, says so and lets the flip go on.
   *
   * @param confirm - rejects when the marker has moved on
   */
  note?(active: StoreName, confirm: () => Promise<void>, signal: AbortSignal): Promise<void>;
  /** For a planned flip. */
  readonly replication?: ReplicationWatch & PassPatience;
}

/**
 * Carries out a flip from where its journal says it stands, and reads everything back. After an error the same call goes
 * on; nothing is done twice that shows.
 *
 * @throws FlipTakenOverError, PassNotSeenError, CloudflareUnreachableError, CloudflareRefusedError; the signal's reason
 */
export async function carryOut(
  journal: FlipJournal,
  tools: FlipTools,
  signal: AbortSignal,
): Promise<FlipJournal> {
  const steps = planFlip({ to: journal.to, planned: journal.planned, fenceSeconds: tools.fenceSeconds });
  let now: FlipJournal = { ...journal, pid: process.pid };
  await tools.save(now);
  for (const step of steps) {
    if (doneAt(now, step.id) !== undefined) {
      tools.onStep?.(step, "done-before");
      continue;
    }
    tools.onStep?.(step, "begun");
    now = { ...now, ...(await take(step, steps, now, tools, signal)) };
    now = { ...now, done: [...now.done, { step: step.id, at: isoNow(tools) }] };
    await tools.save(now);
    tools.onStep?.(step, "done");
  }
  return end(now, "flipped", tools);
}

/**
 * Ends a pause before the flip: the store that was active goes on. Only while the marker still says what the pause wrote.
 *
 * @returns undefined when the marker has moved already, and there is no way back but another flip
 */
export async function callOff(
  journal: FlipJournal,
  tools: FlipTools,
  signal: AbortSignal,
): Promise<FlipJournal | undefined> {
  const from = otherStore(journal.to);
  const { marker } = (await tools.edge.read(signal)).marker;
  const said = isKnown(marker) ? formatMarker(marker.value) : marker.unknown;
  const paused = formatMarker({ active: from, writesPaused: true });
  const open: Marker = { active: from, writesPaused: false };
  if (said !== paused && said !== formatMarker(open)) return undefined;
  if (said === paused && !(await write(open, tools, signal))) return undefined;
  return end(journal, "called-off", tools);
}

async function take(
  step: FlipStep,
  steps: readonly FlipStep[],
  journal: FlipJournal,
  tools: FlipTools,
  signal: AbortSignal,
): Promise<Partial<FlipJournal>> {
  switch (step.id) {
    case "pause":
    case "marker":
    case "resume":
      await refuseOthers(steps, step, journal, tools, signal);
      if (!(await write(step.marker, tools, signal)))
        await takenOver(journal, "something else", tools, signal);
      return {};
    case "fence-before":
      await tools.waiting.wait(step.seconds * 1000, signal);
      return quietSince(tools, signal);
    case "pass":
      await awaitPass(journal, tools, signal);
      return {};
    case "order":
      await settle(journal, tools, signal);
      await note(journal, tools, signal);
      return {};
    case "fence-after":
      // From its beginning, also after an interruption: a wait that is too long costs a minute, one too short a write.
      await tools.waiting.wait(step.seconds * 1000, signal);
      return {};
    case "verify":
      await settle(journal, tools, signal);
      return {};
  }
}

/** Right before a marker is written: nobody else's is overwritten. */
async function refuseOthers(
  steps: readonly FlipStep[],
  step: FlipStep,
  journal: FlipJournal,
  tools: FlipTools,
  signal: AbortSignal,
): Promise<void> {
  const { content, marker } = (await tools.edge.read(signal)).marker;
  // What is no marker was overridden by whoever asked for the flip.
  if (
    !isKnown(marker) ||
    markersBefore(steps, step.id, journal.markerBefore).includes(formatMarker(marker.value))
  )
    return;
  await takenOver(journal, content, tools, signal);
}

async function takenOver(
  journal: FlipJournal,
  said: string,
  tools: FlipTools,
  signal: AbortSignal,
): Promise<never> {
  const active = await settleOrder(tools.edge, signal);
  await end(journal, "taken-over", tools);
  throw new FlipTakenOverError(
    `somebody else changed the marker meanwhile: it says ${said}. This flip to ${journal.to} ends here; marker and load balancer both name ${active}`,
  );
}

async function settle(journal: FlipJournal, tools: FlipTools, signal: AbortSignal): Promise<void> {
  const active = await settleOrder(tools.edge, signal);
  if (active !== journal.to) await takenOver(journal, `active=${active}`, tools, signal);
}

async function note({ to }: FlipJournal, { edge, ...tools }: FlipTools, signal: AbortSignal): Promise<void> {
  const confirm = async () => {
    const { marker } = (await edge.read(signal)).marker;
    if (!isKnown(marker) || marker.value.active !== to) throw new Error("the marker has moved on");
  };
  await tools.note?.(to, confirm, signal);
}

/** Whether what the API says afterwards is what it was given. */
async function write(marker: Marker, { edge }: FlipTools, signal: AbortSignal): Promise<boolean> {
  const { marker: read } = await edge.writeMarker(marker, signal);
  return isKnown(read) && formatMarker(read.value) === formatMarker(marker);
}

/** The moment after which nothing new is written, by the clock that sync points are told by. */
async function quietSince(
  { replication }: FlipTools,
  signal: AbortSignal,
): Promise<Pick<FlipJournal, "quietSince">> {
  const clock = await replication?.activeClock(signal);
  return clock !== undefined && isKnown(clock) ? { quietSince: clock.value.toISOString() } : {};
}

async function awaitPass(
  { quietSince: moment }: FlipJournal,
  { replication, waiting }: FlipTools,
  signal: AbortSignal,
): Promise<void> {
  if (replication === undefined) throw new Error("a planned flip needs to see replication");
  const since = moment === undefined ? undefined : new Date(moment);
  await awaitCleanPass(replication, since, replication, waiting, signal);
}

async function end(journal: FlipJournal, outcome: FlipOutcome, tools: FlipTools): Promise<FlipJournal> {
  const ended: FlipJournal = { ...journal, ended: { at: isoNow(tools), outcome } };
  await tools.save(ended);
  return ended;
}

function isoNow({ waiting }: FlipTools): string {
  return new Date(waiting.now()).toISOString();
}
