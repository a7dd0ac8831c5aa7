import type { RunReport } from "../../../lambda/replicator/report";
import { compareStores } from "../../comparison/parity";
import { surveyStore } from "../../comparison/survey";
import { beginPhase, type Stage } from "../stage";
import { count, megabytes, runSummary } from "../wording";
import { syncPointOf } from "./outage";

/** The primary returns with what it had, and replication runs the other way. */
export async function playReturn(stage: Stage): Promise<void> {
  const { options, emit, clock, stores, writer } = stage;
  const step = options.progress.step("primary back, replicating in reverse");
  beginPhase(stage, "reverse");
  const { primary } = stores.running;
  if (primary.survivesKill) await primary.restart();
  await stores.gateways.primary.restart();
  emit({ type: "fault", at: clock(), store: "primary", fault: "none" });
  emit(await surveyStore({ store: primary, moment: "primary-returned", clock }));

  step.update("catching up");
  const caughtUp = await stage.replicator.runUntilClean(options.signal);
  // Bytes are compared while nothing changes: the writer rests, and one more run brings over its last writes.
  await writer.rest();
  const last = await stage.replicator.runUntilClean(options.signal);
  step.update("comparing bytes and headers");
  const parity = await compareStores({
    stores: stores.running,
    exceptions: last.exceptions.map(({ key }) => key),
    moment: "after-reverse",
    clock,
    onProgress: ({ objects, ofObjects }) =>
      step.update(`compared ${count(objects)} of ${count(ofObjects)} objects`),
  });
  emit(parity);
  stage.values.markReplicated(
    syncPointOf(stage, last.syncPoint),
    last.exceptions.map(({ key }) => key),
  );
  writer.start();
  step.done(
    `${runSummary(caughtUp)}`,
    `${count(parity.objects)} objects, ${megabytes(parity.bytes)}: ${parity.differences.length} differences in bytes, headers, metadata or tags`,
    `not touched and named in the report: ${exceptionWords(last)}`,
  );
}

/** `1 conflict kept on both sides, 2 late, …` */
export function exceptionWords({ exceptionCounts }: RunReport): string {
  const words = Object.entries(exceptionCounts)
    .filter(([, keys]) => keys > 0)
    .map(([kind, keys]) => `${keys} ${kind}${kind === "conflict" ? " (kept on both sides)" : ""}`);
  return words.length === 0 ? "nothing" : words.join(", ");
}
