import { STATE_PREFIX } from "./state-keys";

/**
 * What the state machine and the range function say to each other. The machine only passes these on; all it looks at is
 * `ranges`, `done`, `result` and `complete`.
 */

/** The plan of the last fan-out, on the standby: a state's payload is 256 KiB at most, too little for the bounds. */
export const FAN_OUT_KEY = `${STATE_PREFIX}fan-out.json`;

/** Ranges of one plan at most: their numbers, and later their results, pass through the machine in one payload. */
export const MOST_RANGES = 4000;

/** Bytes that a state of a state machine may take or give. */
export const PAYLOAD_BYTES = 256 * 1024;

/** The class of error after which trying a range again is of no use. */
export const FAN_OUT_VOID_ERROR = "FanOutVoidError";

export interface PlanRequest {
  readonly task: "plan";
}

export interface PlanAnswer {
  /** Names the plan. */
  readonly plan: string;
  /** The numbers of all ranges, from 0. */
  readonly ranges: readonly number[];
}

/** One piece of work on a range; while `done` is false, the answer is the next request. */
export interface RangeRequest {
  readonly task: "range";
  readonly plan: string;
  readonly range: number;
  /** How far the range has come. Absent: nothing is done. */
  readonly progress?: RangeProgress;
}

export interface RangeProgress {
  /** All keys of the range up to this one are done. */
  readonly after: string;
  readonly epoch: number;
  /** The source's clock, before the first listing of the range, in milliseconds since 1970. */
  readonly began: number;
  /** Keys so far that could not be copied. */
  readonly failed: number;
  /** Keys so far that could not be made equal, failed ones included. */
  readonly exceptions: number;
  /** Keys so far that listings show as equal and that are not. */
  readonly suspects: number;
}

export type RangeAnswer =
  | (RangeRequest & { readonly done: false })
  | { readonly done: true; readonly result: RangeResult };

/** `[range, epoch, began, failed, exceptions, suspects]`, short because all results of a plan must fit into one payload. */
export type RangeResult = readonly [
  range: number,
  epoch: number,
  began: number,
  failed: number,
  exceptions: number,
  suspects: number,
];

export interface FinishRequest {
  readonly task: "finish";
  readonly plan: string;
  readonly results: readonly RangeResult[];
}

export interface FinishAnswer {
  /** Whether every range came to its end, and all of them in the epoch that is now. */
  readonly complete: boolean;
  /** Why not. */
  readonly reason?: string;
  readonly failed: number;
  readonly exceptions: number;
  /** ISO 8601, the source's clock; as it is on the standby now. */
  readonly syncPoint?: string;
}

export type FanOutRequest = PlanRequest | RangeRequest | FinishRequest;

export type FanOutAnswer = PlanAnswer | RangeAnswer | FinishAnswer;
