import type { StoreName } from "../../contract/stores";
import type { RunningEdge } from "../edge/start-edge";
import type { DrillEvent, Phase } from "../evidence/events";
import type { LambdaProcess } from "../lambda-process/lambda-process";
import type { KnownValues } from "../workload/known-values";
import type { Writer } from "../workload/writer";
import type { EdgePaths } from "./edge-paths";
import type { Observed } from "./observed";
import type { Plans } from "./plans";
import type { ScheduledReplicator } from "./replicator";
import type { ServiceGateways } from "./service-gateways";
import type { LocalStores } from "./test-bed";
import type { Timing } from "./timing";

/** Both values of the toggle as the app synthesized them, and what lies between them. */
export interface BothPlans {
  readonly plans: Readonly<Record<StoreName, Plans>>;
  readonly changedPaths: readonly string[];
}

/** Stores, edge, function and whoever uses them, all running: what every drill is played on. */
export interface Stage extends BothPlans {
  readonly seed: number;
  /** Aborted when the run has to end early. */
  readonly signal: AbortSignal;
  readonly timing: Timing;
  /** Milliseconds since the run began. */
  readonly clock: () => number;
  readonly emit: (event: DrillEvent) => void;
  /** All events so far. */
  readonly events: readonly DrillEvent[];
  readonly observed: Observed;
  /** The run's own folder. */
  readonly folder: string;
  readonly stores: LocalStores;
  /** In front of what may be broken beside the stores. */
  readonly services: ServiceGateways;
  /** As everybody but the edge knows the marker's resolvers. */
  readonly resolverUrls: readonly string[];
  /** Between the edge and the stores. */
  readonly paths: EdgePaths;
  readonly edge: RunningEdge;
  readonly function: LambdaProcess;
  readonly replicator: ScheduledReplicator;
  /** The function's own variables, as its process has them. */
  readonly functionVariables: Readonly<Record<string, string>>;
  readonly values: KnownValues;
  readonly writer: Writer;
}

export function beginPhase({ emit, clock }: Pick<Stage, "emit" | "clock">, phase: Phase): void {
  emit({ type: "phase", at: clock(), phase });
}
