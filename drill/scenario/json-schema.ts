import { z } from "zod";
import { SCENARIO } from "./schema";

/** What editors check scenario files by: `drill/scenarios/schema.json`. */
export function scenarioJsonSchema(): object {
  return z.toJSONSchema(SCENARIO, { io: "input" });
}
