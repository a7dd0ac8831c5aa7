import { STACK_NAMES } from "../../contract/stacks";
import { requiredProviders } from "../bootstrap/required-providers";
import { type PlanPlace, plannedMember, plannedStack } from "../stores/planned-stack";

/** Sources of the Terraform providers that the planned stacks require; undefined where nothing is planned. */
export async function plannedProviders(place: PlanPlace): Promise<readonly string[] | undefined> {
  const stacks = await Promise.all(STACK_NAMES.map((name) => plannedStack(place, name)));
  const planned = stacks.filter(({ text }) => text !== undefined);
  if (planned.length === 0) return undefined;
  const sources = planned.flatMap((stack) =>
    requiredProviders(plannedMember(stack)).map(({ source }) => source),
  );
  return [...new Set(sources)].sort();
}
