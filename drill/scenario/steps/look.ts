import { compareStores } from "../../comparison/parity";
import { surveyStore } from "../../comparison/survey";
import type { ScenarioStage } from "../scenario-stage";
import type { StepOf } from "../step-schema";

/** Lists a store, past its gateway: what it holds, not what it shows. */
export async function survey({ emit, stores, clock }: ScenarioStage, step: StepOf<"survey">): Promise<void> {
  emit(await surveyStore({ store: stores.running[step.store], moment: step.moment, clock }));
}

/** Compares both stores, but for what the last run named. */
export async function compare(
  { emit, events, stores, clock }: ScenarioStage,
  { moment }: StepOf<"compare">,
): Promise<void> {
  const last = events.findLast((event) => event.type === "replication");
  const exceptions = last?.report.exceptions.map(({ key }) => key) ?? [];
  emit(await compareStores({ stores: stores.running, exceptions, moment, clock }));
}
