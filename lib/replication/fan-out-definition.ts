import { FAN_OUT_VOID_ERROR, type FanOutRequest } from "../../contract/fan-out";

/**
 * The part of the Amazon States Language that the fan-out uses.
 * https://states-language.net/spec.html, docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
 */
export interface StateMachineDefinition {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export type State = InvokeState | DistributedMapState | ChoiceState | SucceedState | FailState;

interface InvokeState {
  readonly Type: "Task";
  readonly Comment?: string;
  readonly Resource: "arn:aws:states:::lambda:invoke";
  readonly Parameters: {
    readonly FunctionName: string;
    readonly Payload?: Payload;
    /** The state's whole input. */
    readonly "Payload.$"?: "$";
  };
  /** The function's answer. */
  readonly OutputPath: "$.Payload";
  readonly Retry: readonly RetryRule[];
  readonly Next: string;
}

/** A request to the function; what is not known yet is a path into the state's input. */
type Payload = Pick<FanOutRequest, "task"> & Readonly<Record<`${string}.$`, string>>;

interface RetryRule {
  readonly ErrorEquals: readonly string[];
  readonly MaxAttempts: number;
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: "FULL" | "NONE";
}

interface DistributedMapState {
  readonly Type: "Map";
  readonly Comment?: string;
  readonly ItemsPath: string;
  readonly ItemSelector: Payload;
  readonly ItemProcessor: StateMachineDefinition & {
    readonly ProcessorConfig: { readonly Mode: "DISTRIBUTED"; readonly ExecutionType: "STANDARD" };
  };
  readonly MaxConcurrency: number;
  readonly ToleratedFailurePercentage: number;
  readonly ResultPath: string;
  readonly Next: string;
}

interface ChoiceState {
  readonly Type: "Choice";
  readonly Choices: readonly {
    readonly Variable: string;
    readonly BooleanEquals: boolean;
    readonly Next: string;
  }[];
  readonly Default: string;
}

interface SucceedState {
  readonly Type: "Succeed";
  readonly OutputPath?: string;
}

interface FailState {
  readonly Type: "Fail";
  readonly Error: string;
  readonly Cause: string;
}

export interface FanOutDefinitionProps {
  /** ARN of the range function. */
  readonly functionArn: string;
  /** Ranges that are worked on at one time. */
  readonly concurrency: number;
  /** Share of the ranges, 0 to 100, that may fail before the rest is given up. */
  readonly toleratedFailurePercent: number;
}

/**
 * Stores come back and throttling ends: about ten minutes of patience, and never all ranges at the same moment. A void
 * plan or a flip does not pass.
 */
const RETRY: readonly RetryRule[] = [
  { ErrorEquals: [FAN_OUT_VOID_ERROR], MaxAttempts: 0 },
  {
    ErrorEquals: ["States.ALL"],
    MaxAttempts: 6,
    IntervalSeconds: 10,
    BackoffRate: 2,
    MaxDelaySeconds: 300,
    JitterStrategy: "FULL",
  },
];

/** Plan the ranges, do each until nothing of it remains, and move the sync point once all are done. */
export function fanOutDefinition(props: FanOutDefinitionProps): StateMachineDefinition {
  return {
    Comment: "one pass over all keys, in ranges that are done side by side",
    StartAt: "Plan",
    States: {
      Plan: invoke(props, { task: "plan" }, "Ranges"),
      Ranges: {
        Type: "Map",
        ItemsPath: "$.ranges",
        ItemSelector: { task: "range", "plan.$": "$.plan", "range.$": "$$.Map.Item.Value" },
        ItemProcessor: {
          ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
          ...oneRange(props),
        },
        MaxConcurrency: props.concurrency,
        ToleratedFailurePercentage: props.toleratedFailurePercent,
        ResultPath: "$.results",
        Next: "Finish",
      },
      Finish: invoke(props, { task: "finish", "plan.$": "$.plan", "results.$": "$.results" }, "Complete?"),
      "Complete?": choice("$.complete", "Done", "Incomplete"),
      Done: { Type: "Succeed" },
      Incomplete: {
        Type: "Fail",
        Error: "FanOutIncomplete",
        Cause:
          "not every range came to its end in this epoch; the sweep does what is missing, or start again",
      },
    },
  };
}

/** A range that runs out of time answers with what remains, and is asked again. */
function oneRange(props: FanOutDefinitionProps): StateMachineDefinition {
  return {
    StartAt: "Range",
    States: {
      Range: invoke(props, undefined, "Nothing left?"),
      "Nothing left?": choice("$.done", "Range done", "Range"),
      "Range done": { Type: "Succeed", OutputPath: "$.result" },
    },
  };
}

function invoke({ functionArn }: FanOutDefinitionProps, payload: Payload | undefined, next: string): State {
  return {
    Type: "Task",
    Resource: "arn:aws:states:::lambda:invoke",
    Parameters: {
      FunctionName: functionArn,
      ...(payload === undefined ? { "Payload.$": "$" } : { Payload: payload }),
    },
    OutputPath: "$.Payload",
    Retry: RETRY,
    Next: next,
  };
}

function choice(variable: string, yes: string, no: string): State {
  return {
    Type: "Choice",
    Choices: [{ Variable: variable, BooleanEquals: true, Next: yes }],
    Default: no,
  };
}
