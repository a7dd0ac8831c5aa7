import { join } from "node:path";
import type { StoreName } from "../../contract/stores";
import { resolveActiveStore } from "../../lambda/marker";
import type { EventLog } from "../evidence/event-log";
import type { DrillEvent, RunStarted } from "../evidence/events";
import { startLambdaProcess } from "../lambda-process/lambda-process";
import { monotonicMilliseconds } from "../machine/clock";
import { KnownValues } from "../workload/known-values";
import { Readers } from "../workload/readers";
import { Writer } from "../workload/writer";
import type { Cleanup } from "./cleanup";
import { layPaths, type PathsWanted } from "./edge-paths";
import { Observed } from "./observed";
import { plannedEnvironment } from "./planned-environment";
import { predictions } from "./plans";
import { ScheduledReplicator } from "./replicator";
import { putGatewaysBefore, type ServiceGateways } from "./service-gateways";
import type { BothPlans, Stage } from "./stage";
import type { StoreKind } from "./store-kind";
import { clockFrom, type LocalStores, startEdgeInFront, startStores } from "./test-bed";
import { Timing } from "./timing";

export const FUNCTION_ZIP = join(__dirname, "..", "..", "assets", "replicator.zip");

export interface StageSettings {
  readonly stores: StoreKind;
  /** Seconds of the real deployment that pass in one second here. */
  readonly speed: number;
  /** Fixes what is generated, read and written in which order. */
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly both: BothPlans;
  /** The run's own. */
  readonly folder: string;
  readonly log: EventLog;
  readonly readers: ReaderRate;
  readonly writesPerSecond: number;
  /** Gets a gateway of its own, to be broken. @default - none of it */
  readonly breakable?: readonly BreakableService[];
  /** Stores whose disk can be filled. @default - none */
  readonly smallDisks?: readonly StoreName[];
  /** Between the edge and the stores. @default - nothing but a gateway */
  readonly paths?: PathsWanted;
  /** Of the edge's own time-outs, whatever the speed. @default 1000 */
  readonly minimumTimeoutMilliseconds?: number;
  /** What the log says first beside what every run says. @default - nothing */
  readonly told?: Partial<RunStarted>;
  /** Told what is being started. */
  readonly onProgress: (text: string) => void;
  /** Told of every event as it is logged. @default - nobody is */
  readonly onEvent?: (event: DrillEvent) => void;
}

/** What the stage needs beside the stores, and what may be taken away from it. */
export type BreakableService = keyof ServiceGateways;

export interface ReaderRate {
  readonly readers: number;
  /** Milliseconds between two reads of one reader. */
  readonly periodMilliseconds: number;
  /** After so many milliseconds a read has failed. @default - as the timing says of any request */
  readonly timeoutMilliseconds?: number;
}

/** Starts stores, edge and function, and the writer, who does not write yet. */
export async function setStage(settings: StageSettings, cleanup: Cleanup): Promise<Stage> {
  const { both, folder, speed, seed, signal, onProgress } = settings;
  const plan = both.plans.primary;
  const timing = new Timing(speed);
  const stores = await startStores(
    { kind: settings.stores, plans: plan, folder, signal, smallDisks: settings.smallDisks, onProgress },
    cleanup,
  );

  const origin = monotonicMilliseconds();
  const clock = clockFrom(origin);
  const observed = new Observed(clock);
  const events: DrillEvent[] = [];
  const emit = (event: DrillEvent) => {
    settings.log.append(event);
    events.push(event);
    observed.see(event);
    settings.onEvent?.(event);
  };
  emit(beginning(settings, stores, timing, clock()));
  const paths = await layPaths(plan.edge, stores.gateways, settings.paths ?? {}, cleanup);
  const { minimumTimeoutMilliseconds } = settings;
  const edge = await startEdgeInFront(
    { plan: plan.edge, paths, timing, seed, origin, emit, minimumTimeoutMilliseconds },
    cleanup,
  );
  const { services, resolverUrls, secretsEndpoint } = await putGatewaysBefore(
    settings.breakable ?? [],
    { resolverUrls: edge.resolverUrls, secretsEndpoint: stores.secrets.endpoint },
    cleanup,
  );

  const values = new KnownValues();
  const replicator = new ScheduledReplicator({
    intervalMilliseconds: timing.milliseconds(plan.replicator.intervalSeconds),
    clock,
    emit,
  });
  const { accessKeyId, secretAccessKey } = stores.running.secondary;
  await stores.secrets.put(plan.replicator.environment.SECONDARY_CREDENTIALS_SECRET ?? "", {
    accessKeyId,
    secretAccessKey,
  });
  const functionVariables = plannedEnvironment(plan.replicator, {
    stores: stores.access,
    resolverUrls,
    secretsEndpoint,
    timing,
  });
  const lambda = await startLambdaProcess({
    zipFile: FUNCTION_ZIP,
    handler: plan.replicator.handler,
    environment: functionVariables,
    // What Lambda puts there by itself: the region, and the role's credentials, which open the primary and the secret.
    region: stores.access.primary.region,
    role: stores.access.primary,
    timeoutSeconds: plan.replicator.timeoutSeconds,
    memoryMiB: plan.replicator.memoryMiB,
    onLog: (line) => replicator.log(line),
  });
  cleanup.add(() => lambda.stop());
  replicator.attach(lambda);
  cleanup.add(() => replicator.stop());

  const writer = new Writer({
    stores: stores.access,
    requestTimeoutMilliseconds: timing.requestTimeoutMilliseconds,
    holdMilliseconds: timing.holdMilliseconds,
    fenceMilliseconds: timing.fenceMilliseconds,
    resolveActiveStore: () => resolveActiveStore({ hostname: plan.edge.hostname, resolvers: resolverUrls }),
    writesPerSecond: settings.writesPerSecond,
    seed,
    clock,
    emit,
    values,
  });
  cleanup.add(() => writer.stop());
  return {
    ...both,
    seed,
    signal,
    timing,
    clock,
    emit,
    events,
    observed,
    folder,
    stores,
    services,
    resolverUrls,
    paths,
    edge,
    function: lambda,
    replicator,
    functionVariables,
    values,
    writer,
  };
}

/** Readers who read what both stores hold, once there is something. */
export function startReaders(stage: Stage, rate: ReaderRate, cleanup: Cleanup): Readers {
  const { plans, edge, timing, seed, clock, emit, values } = stage;
  const readers = new Readers({
    edgeUrl: edge.url,
    hostname: plans.primary.edge.hostname,
    ...rate,
    timeoutMilliseconds: rate.timeoutMilliseconds ?? timing.requestTimeoutMilliseconds,
    seed,
    clock,
    emit,
    values,
  });
  readers.start();
  cleanup.add(() => readers.stop());
  return readers;
}

function beginning(
  { speed, seed, both, readers, told }: StageSettings,
  { running }: LocalStores,
  timing: Timing,
  at: number,
): RunStarted {
  const plan = both.plans.primary;
  return {
    type: "run-started",
    at,
    wallClock: new Date().toISOString(),
    speed,
    seed,
    stores: { primary: described(running.primary), secondary: described(running.secondary) },
    predicted: predictions(plan),
    fence: { seconds: timing.fenceSeconds, waitedMilliseconds: timing.fenceMilliseconds },
    replicationIntervalSeconds: plan.replicator.intervalSeconds,
    readerPeriodMilliseconds: readers.periodMilliseconds / readers.readers,
    ...told,
  };
}

function described({ product, version }: { readonly product: string; readonly version: string }) {
  return { product, version };
}
