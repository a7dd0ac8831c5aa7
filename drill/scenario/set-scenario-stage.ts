import { join } from "node:path";
import type { Cleanup } from "../stage/cleanup";
import type { Stage } from "../stage/stage";
import { Breakages } from "./breakages";
import { startCloudflareInFront } from "./cloudflare-in-front";
import { makeProject, OperatorProgram } from "./operator-program";
import { operatorEnvironment, projectFiles } from "./operator-surroundings";
import type { ScenarioStage } from "./scenario-stage";

export interface ScenarioSurroundings {
  /** The operator's command line, in one file. */
  readonly program: string;
  /** Whether Cloudflare's API is to be broken. */
  readonly breaksApi: boolean;
}

/** Puts Cloudflare's API, the operator's project and the means to break things beside the stage. */
export async function setScenarioStage(
  stage: Stage,
  { program, breaksApi }: ScenarioSurroundings,
  cleanup: Cleanup,
): Promise<ScenarioStage> {
  const cloudflare = await startCloudflareInFront(stage, breaksApi, cleanup);
  const { clock, emit, signal } = stage;
  const operator = new OperatorProgram(
    program,
    {
      projectOf: (person) => makeProject(join(stage.folder, "people", person), projectFiles(stage)),
      speed: stage.timing.speed,
      clock,
      emit,
      signal,
      environment: operatorEnvironment(stage, cloudflare),
    },
    cleanup,
  );
  return { ...stage, cloudflare, operator, breakages: new Breakages(stage, cloudflare.gateway) };
}
