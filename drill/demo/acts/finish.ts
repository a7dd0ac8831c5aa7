import { STORE_NAMES } from "../../../contract/stores";
import { compareStores } from "../../comparison/parity";
import { surveyStore } from "../../comparison/survey";
import { grouped } from "../../report/wording";
import { beginPhase } from "../../stage/stage";
import type { DemoStage } from "../demo-stage";
import { exceptionWords } from "./return";

/** Everything has stopped but the stores: a last run, the comparison, and one more run that must find nothing to do. */
export async function playFinish(stage: DemoStage): Promise<void> {
  const { options, emit, clock, stores } = stage;
  const step = options.progress.step("verify");
  beginPhase(stage, "verify");
  step.update("a last run");
  const last = await stage.replicator.runUntilClean(options.signal);
  const parity = await compareStores({
    stores: stores.running,
    exceptions: last.exceptions.map(({ key }) => key),
    moment: "end",
    clock,
    onProgress: ({ objects, ofObjects }) =>
      step.update(`compared ${grouped(objects)} of ${grouped(ofObjects)} objects`),
  });
  emit(parity);
  const again = await stage.replicator.runUntilClean(options.signal);
  for (const store of STORE_NAMES) {
    emit(await surveyStore({ store: stores.running[store], moment: "end", clock }));
  }
  step.done(
    `${grouped(parity.objects)} objects compared, ${parity.differences.length} differences; a second run copied ${again.copied}`,
    `not touched and named in the report: ${exceptionWords(last)}`,
  );
}
