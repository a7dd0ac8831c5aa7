import type { CloneDrills } from "./drill";

/** Imported only when one is run: they bring the whole drill. */
export const CLONE_DRILLS: CloneDrills = {
  scenarios: async (names, given) => {
    const { runScenarios } = await import("../drill/run-drill.js");
    await runScenarios(names, given);
  },
  staging: async (names, given) => {
    const { runStaging } = await import("../drill/run-staging.js");
    await runStaging(names, given);
  },
};
