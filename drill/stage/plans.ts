import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { STACK_NAMES, type StackName } from "../../contract/stacks";
import type { StoreName } from "../../contract/stores";
import {
  type OutageKind,
  predictDataAtRisk,
  predictDetection,
  predictRecoveryTime,
  predictReturn,
  type Range,
  type RecoveryTimings,
} from "../../lib/objectives";
import type { EdgePlan } from "../edge/edge-plan";
import { readEdgePlan } from "../edge/read-edge-plan";
import type { RunStarted } from "../evidence/events";
import { type PlannedReplicator, readPlannedReplicator } from "./planned-replicator";

const REPOSITORY = join(__dirname, "..", "..");

const run = promisify(execFile);

/** What the app synthesizes for one value of the toggle. */
export interface Plans {
  readonly stacks: Readonly<Record<StackName, unknown>>;
  readonly edge: EdgePlan;
  readonly replicator: PlannedReplicator;
}

/**
 * Runs the app as the CDKTF CLI does, in a process of its own, with the toggle in its context.
 *
 * @param folder - for the output
 */
export async function synthesizePlans(
  activeProvider: StoreName,
  folder: string,
  signal?: AbortSignal,
): Promise<Plans> {
  const { ACTIVE_PROVIDER: _override, ...environment } = process.env;
  await run(process.execPath, ["--import", "tsx", join("stacks", "app.ts")], {
    cwd: REPOSITORY,
    signal,
    env: { ...environment, CDKTF_OUTDIR: folder, CDKTF_CONTEXT_JSON: JSON.stringify({ activeProvider }) },
  });
  const stacks = Object.fromEntries(
    await Promise.all(STACK_NAMES.map(async (stack) => [stack, await readStack(folder, stack)] as const)),
  ) as Record<StackName, unknown>;
  return { stacks, edge: readEdgePlan(stacks.edge), replicator: readPlannedReplicator(stacks.replication) };
}

/** What the plan's own numbers predict, in seconds of the real deployment. */
export function predictions({
  edge,
  replicator,
}: {
  readonly edge: EdgePlan;
  readonly replicator: Pick<PlannedReplicator, "intervalSeconds">;
}): RunStarted["predicted"] {
  const [active] = edge.defaultPools;
  if (active === undefined) throw new Error("the edge plan has no pool");
  const { monitor } = active;
  const timings: RecoveryTimings = { ...monitor, failoverAcrossPools: edge.failoverAcrossPools };
  return {
    recovery: byOutage((kind) => predictRecoveryTime(kind, timings)),
    detection: byOutage((kind) => predictDetection(kind, monitor)),
    return: predictReturn(monitor),
    dataAtRisk: predictDataAtRisk({ intervalSeconds: replicator.intervalSeconds }),
  };
}

function byOutage(predict: (kind: OutageKind) => Range): Readonly<Record<OutageKind, Range>> {
  return {
    refusing: predict("refusing"),
    hanging: predict("hanging"),
    unreachable: predict("unreachable"),
  };
}

async function readStack(folder: string, stack: StackName): Promise<unknown> {
  return JSON.parse(await readFile(join(folder, "stacks", stack, "cdk.tf.json"), "utf8"));
}
