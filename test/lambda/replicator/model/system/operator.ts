import { formatMarker } from "../../../../../contract/marker";
import type { StoreName } from "../../../../../contract/stores";
import { PassNotSeenError } from "../../../../../operate/flip/await-clean-pass";
import { callOff, carryOut, FlipTakenOverError, type FlipTools } from "../../../../../operate/flip/carry-out";
import { recordOf } from "../../../../../operate/flip/edge-checks";
import { FLIP_CHECKS, type FlipRequest } from "../../../../../operate/flip/flip-request";
import { type FlipJournal, newJournal } from "../../../../../operate/flip/journal";
import { judgeFlip } from "../../../../../operate/flip/judge-flip";
import type { LiveEdge } from "../../../../../operate/live-edge";
import type { Observation } from "../../../../../operate/observation";
import { ApiError } from "./cloudflare";

/** Seconds of lag, and since the last flip, with which a flip is refused or not. */
export const MOST_LAG = 1200;
const QUIET = 600;

/** What an operator is told to do. */
export interface FlipOrder {
  readonly to: StoreName;
  readonly planned: boolean;
  /** Whether the loss is accepted and no check counts. */
  readonly forced: boolean;
}

/** Where an operator sits: what is seen and used from there, and the project's journal. */
export interface Desk {
  readonly tools: Omit<FlipTools, "save" | "edge">;
  look(): Promise<Observation>;
  now(): Date;
  /** Of the last flip from here. */
  journal?: FlipJournal;
  /** The sync point as the last look told it; undefined when it told none. */
  told?: string | undefined;
}

export type FlipEnd = "refused" | "done before" | "done" | "called off" | "taken over" | "interrupted";

const NEVER = new AbortController().signal;

/** `storage-failover flip --via api`, as the command does it: look, judge, carry out; a pause that leads nowhere ends. */
export async function flip(desk: Desk, edge: LiveEdge, order: FlipOrder): Promise<FlipEnd> {
  const observation = await desk.look();
  const { verdict } = judgeFlip(observation, requestOf(order), desk.journal);
  if (verdict === "refused") return "refused";
  if (verdict === "done") return "done before";
  const { journal } = desk;
  const goesOn = verdict === "resume" && journal?.ended === undefined && journal?.to === order.to;
  const record = recordOf(observation);
  const begun = newJournal({ ...order, markerBefore: record && formatMarker(record) }, desk.now());
  const tools: FlipTools = {
    ...desk.tools,
    edge,
    save: (latest) => {
      desk.journal = latest;
      return Promise.resolve();
    },
  };
  try {
    await carryOut(goesOn && journal ? journal : begun, tools, NEVER);
    return "done";
  } catch (error) {
    return afterFailure(error, desk, tools);
  }
}

async function afterFailure(error: unknown, { journal }: Desk, tools: FlipTools): Promise<FlipEnd> {
  if (error instanceof FlipTakenOverError) return "taken over";
  if (error instanceof ApiError) return "interrupted";
  if (!(error instanceof PassNotSeenError) || journal === undefined) throw error;
  try {
    return (await callOff(journal, tools, NEVER)) ? "called off" : "interrupted";
  } catch (failure) {
    if (failure instanceof ApiError) return "interrupted";
    throw failure;
  }
}

function requestOf({ to, planned, forced }: FlipOrder): FlipRequest {
  return {
    to,
    planned,
    acceptLoss: forced,
    force: forced ? FLIP_CHECKS : [],
    maxLagSeconds: MOST_LAG,
    quietSeconds: QUIET,
  };
}
