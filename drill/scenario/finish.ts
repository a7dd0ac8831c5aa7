import { STORE_NAMES } from "../../contract/stores";
import type { RunReport } from "../../lambda/replicator/report";
import { compareStores } from "../comparison/parity";
import { surveyStore } from "../comparison/survey";
import type { SecretsSearched } from "../evidence/events";
import { searchForSecrets } from "../stage/search-secrets";
import { beginPhase } from "../stage/stage";
import type { Readers } from "../workload/readers";
import { type ScenarioStage, StepFailedError } from "./scenario-stage";
import type { Scenario } from "./schema";

/** Mends what is broken, stops all but the stores, and looks at what is left: a last run, the comparison, and a run that must find nothing to do. */
export async function finish(
  stage: ScenarioStage,
  scenario: Scenario,
  readers: Readers,
  onProgress: (words: string) => void,
): Promise<void> {
  const { emit, clock, stores, replicator } = stage;
  onProgress("the end: mending, a last run, comparing");
  await readers.stop();
  await stage.writer.rest();
  await replicator.stop();
  await stage.breakages.mendAll();
  beginPhase(stage, "verify");
  const last = await lastRun(stage, scenario);
  const exceptions = last.exceptions.map(({ key }) => key);
  emit(await compareStores({ stores: stores.running, exceptions, moment: "end", clock }));
  await lastRun(stage, scenario);
  for (const store of STORE_NAMES) {
    emit(await surveyStore({ store: stores.running[store], moment: "end", clock }));
  }
}

/** The run's secrets are looked for in the given paths, on the operators' machines, and in what their commands printed. */
export async function searchEverything(
  stage: ScenarioStage,
  paths: readonly string[],
): Promise<SecretsSearched> {
  const { operator, cloudflare } = stage;
  return searchForSecrets(stage, {
    paths: [...paths, ...(await operator.projectFolders())],
    texts: { "output of commands": operator.printed },
    others: [{ name: "token of Cloudflare's API", value: cloudflare.token }],
  });
}

async function lastRun({ replicator, signal }: ScenarioStage, scenario: Scenario): Promise<RunReport> {
  if (scenario.lastRun === "clean") return replicator.runUntilClean(signal);
  const report = await replicator.runOnce();
  if (report?.outcome === scenario.lastRun) return report;
  throw new StepFailedError(
    `the last run of the replicator was ${report?.outcome ?? "none"}; expected ${scenario.lastRun}`,
  );
}
