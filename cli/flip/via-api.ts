import { formatMarker } from "../../contract/marker";
import { PassNotSeenError } from "../../operate/flip/await-clean-pass";
import { callOff, carryOut, type FlipTools } from "../../operate/flip/carry-out";
import { recordOf } from "../../operate/flip/edge-checks";
import { doneAt, type FlipJournal, isUnfinished, newJournal } from "../../operate/flip/journal";
import { type FlipStep, stepText } from "../../operate/flip/plan-flip";
import { isKnown } from "../../operate/known";
import { reasonOf } from "../../operate/observe/ask";
import colors from "../colors";
import type { FlipArguments } from "../commands/flip";
import { EXIT } from "../exit-codes";
import type { FlipOutcome } from "./flip-outcome";
import type { FlipSituation } from "./flip-situation";
import { flipTools } from "./flip-tools";

/** What a flip through Cloudflare's API came to. */
export interface ApiFlip {
  readonly outcome: FlipOutcome;
  readonly exitCode: number;
  readonly next: readonly string[];
}

/** Seconds for the way back after Ctrl-C. */
const WAY_BACK_SECONDS = 60;

/** Break-glass: marker and order through the API, step by step, read back at the end. */
export async function flipViaApi(
  given: FlipArguments,
  situation: FlipSituation,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<ApiFlip> {
  const { request, journal, judgement, journalFile } = situation;
  const isResumed = judgement.verdict === "resume" && isUnfinished(journal);
  const flip = isResumed && journal.to === request.to ? journal : begun(situation);
  const onStep: FlipTools["onStep"] = (step, state) => say(progressText(step, state));
  const tools = await flipTools(given, situation, { onStep, say }, signal);
  try {
    await carryOut(flip, tools, signal);
    return { outcome: "flipped", exitCode: EXIT.done, next: afterwards(situation) };
  } catch (error) {
    const latest = (await journalFile.read()) ?? flip;
    if (signal.aborted || error instanceof PassNotSeenError) {
      if (error instanceof PassNotSeenError) say(` ${colors.red("✘")} ${error.message}`);
      return wayBack(given, latest, tools, say, signal.aborted ? EXIT.interrupted : EXIT.wanting);
    }
    if (latest.ended === undefined) say(`\nThe flip is not finished. ${goOn(given, latest)}`);
    throw error;
  }
}

/** A pause that nobody is at any more ends; the marker names the same store as before. */
export async function letWritersGoOn(
  given: FlipArguments,
  situation: Omit<FlipSituation, "request" | "judgement">,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<ApiFlip> {
  const { active, writesPaused } = recordOf(situation.observation) ?? {};
  if (active === undefined) throw new Error("the marker cannot be read; nobody knows which store is active");
  if (!writesPaused) {
    say("Writes are not paused.");
    return { outcome: "already", exitCode: EXIT.done, next: [] };
  }
  const { journal } = situation;
  const tools = await flipTools(given, { ...situation, request: { to: active } }, { say }, signal);
  const isOwn = isUnfinished(journal) && journal.to !== active;
  if (isOwn) return wayBack(given, journal, tools, say, EXIT.done);
  // Whether the marker moved a moment ago is not known here: whoever still acts on the old one gets the time to see it.
  say(` ▶ waiting the fence, ${tools.fenceSeconds} s, since the marker may just have moved`);
  await tools.waiting.wait(tools.fenceSeconds * 1000, signal);
  const { marker } = await tools.edge.writeMarker({ active, writesPaused: false }, signal);
  if (!isKnown(marker) || marker.value.writesPaused)
    throw new Error("the marker was changed by somebody else");
  say(` ${colors.green("✔")} marker says ${formatMarker(marker.value)}: writers go on`);
  return { outcome: "writes-resumed", exitCode: EXIT.done, next: [] };
}

function begun({ request, observation, judgement }: FlipSituation): FlipJournal {
  const record = recordOf(observation);
  const { to } = request;
  // Where the marker has moved already, there is nothing left to pause for: only the order has to follow.
  const planned = request.planned && judgement.verdict !== "resume";
  return newJournal({ to, planned, markerBefore: record && formatMarker(record) }, new Date());
}

/** Before the marker has moved, writers simply go on; afterwards there is only the way on. */
async function wayBack(
  given: FlipArguments,
  journal: FlipJournal,
  tools: FlipTools,
  say: (line: string) => void,
  exitCode: number,
): Promise<ApiFlip> {
  const unfinished = {
    outcome: "unfinished",
    exitCode: exitCode || EXIT.wanting,
    next: [goOn(given, journal)],
  } as const;
  if (journal.ended !== undefined) return { ...unfinished, next: [] };
  if (journal.planned && doneAt(journal, "marker") === undefined) {
    const signal = AbortSignal.timeout(WAY_BACK_SECONDS * 1000);
    const ended = await callOff(journal, tools, signal).catch((error: unknown) => {
      say(`  writers could not be told to go on: ${reasonOf(error)}`);
      return undefined;
    });
    if (ended !== undefined) {
      say(` ${colors.green("✔")} called off: writers go on, nothing was flipped`);
      return { outcome: "called-off", exitCode, next: [] };
    }
  }
  say(`\nThe flip is not finished. ${goOn(given, journal)}`);
  return unfinished;
}

function goOn({ stackPrefix }: FlipArguments, { to, planned }: FlipJournal): string {
  const words = [
    "--to",
    to,
    ...(planned ? ["--planned"] : []),
    ...(stackPrefix ? ["--stack-prefix", stackPrefix] : []),
  ];
  return `Go on with it: storage-failover flip ${words.join(" ")}`;
}

/** The configuration still has the old word: the next deployment of the edge would flip back. */
function afterwards({ observation, request }: FlipSituation): readonly string[] {
  const { config } = observation;
  if (isKnown(config) && config.value === request.to) return [];
  const says = isKnown(config)
    ? `cdktf.json still says ${config.value}`
    : "cdktf.json may still have the old word";
  return [
    `${says}: until it follows, an apply of the edge would flip back, and storage-failover guard refuses it`,
    `make it follow: storage-failover flip --to ${request.to} --via config, and merge what it makes`,
  ];
}

function progressText(step: FlipStep, state: "begun" | "done" | "done-before"): string {
  if (state === "begun") return ` ▶ ${stepText(step)}`;
  return ` ${colors.green("✔")} ${step.id}${state === "done" ? "" : " (done before)"}`;
}
