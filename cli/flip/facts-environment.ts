import { MARKER_VARIABLES } from "../../contract/environment";
import { EDGE_FACTS_FILE } from "../../operate/edge-facts";
import { readFacts } from "../../operate/facts/facts-file";

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment with the marker's name from the facts, where nothing else says it: a flip needs no plan. */
export async function withMarkerName(environment: Environment, file = EDGE_FACTS_FILE): Promise<Environment> {
  if (environment[MARKER_VARIABLES.name] !== undefined) return environment;
  try {
    return { ...environment, [MARKER_VARIABLES.name]: (await readFacts(file)).marker.name };
  } catch {
    // Whoever needs the facts themselves says what is wrong with them.
    return environment;
  }
}
