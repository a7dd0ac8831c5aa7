import { z } from "zod";
import { SCENARIO } from "./schema";

/** What editors check scenario files by: `drill/scenarios/schema.json`. */
export function scenarioJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(SCENARIO, { io: "input" }), null, 2)}\n`;
}
