import { amount, byteSize, grouped } from "../report/wording";
import type { Comparison } from "./comparison";
import type { VirtualDrillOptions, VirtualFigures } from "./virtual-drill";
import { activePool, replicationTimings, type VirtualPlan } from "./virtual-plan";

/** Version of the JSON's shape. */
const REPORT_VERSION = 1;

/** What a virtual drill leaves behind. */
export interface VirtualReport extends VirtualDrillOptions {
  readonly version: typeof REPORT_VERSION;
  readonly hostname: string;
  /** The plan's numbers in words. */
  readonly setting: string;
  readonly settings: Readonly<Record<string, number | readonly string[]>>;
  readonly figures: VirtualFigures;
  readonly comparison?: Comparison;
  /** Seconds that all of it took on this machine. */
  readonly machineSeconds: number;
}

export function virtualReport(
  plan: VirtualPlan,
  options: VirtualDrillOptions,
  results: Pick<VirtualReport, "figures" | "comparison" | "machineSeconds">,
): VirtualReport {
  const { intervalSeconds, timeoutSeconds, retries, consecutiveDown, consecutiveUp } =
    activePool(plan).monitor;
  return {
    version: REPORT_VERSION,
    hostname: plan.edge.hostname,
    ...options,
    setting: settingInWords(plan),
    settings: {
      checkRegions: activePool(plan).checkRegions,
      intervalSeconds,
      timeoutSeconds,
      retries,
      consecutiveDown,
      consecutiveUp,
      runEverySeconds: plan.runEverySeconds,
      runSeconds: plan.runSeconds,
      passSeconds: replicationTimings(plan).passSeconds,
      ...plan.work,
    },
    ...results,
  };
}

function settingInWords(plan: VirtualPlan): string {
  const { checkRegions, monitor } = activePool(plan);
  const { intervalSeconds, timeoutSeconds, retries, consecutiveDown } = monitor;
  const { objects, objectBytes, writesPerSecond } = plan.work;
  const { passSeconds } = replicationTimings(plan);
  const pass =
    plan.passSeconds === undefined
      ? `${shortSeconds(passSeconds)} for a pass, reckoned from ${grouped(objects)} objects of ${byteSize(objectBytes)} and ${amount(writesPerSecond, "write")} a second`
      : `${shortSeconds(passSeconds)} for a pass, as given; ${amount(writesPerSecond, "write")} a second`;
  const failed = Math.max(1, consecutiveDown);
  return (
    `probes every ${intervalSeconds} s from ${checkRegions.join(", ")}, time-out ${timeoutSeconds} s × ${retries + 1}, ` +
    `${amount(failed, "failed check")} · a run every ${plan.runEverySeconds / 60} min, ${pass}`
  );
}

function shortSeconds(seconds: number): string {
  return `${Math.round(seconds * 10) / 10} s`;
}
