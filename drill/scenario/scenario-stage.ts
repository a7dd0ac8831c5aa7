import type { Stage } from "../stage/stage";
import type { Breakages } from "./breakages";
import type { CloudflareInFront } from "./cloudflare-in-front";
import type { OperatorProgram } from "./operator-program";

/** What the steps of a scenario act on. */
export interface ScenarioStage extends Stage {
  readonly cloudflare: CloudflareInFront;
  readonly operator: OperatorProgram;
  readonly breakages: Breakages;
}

/** A step did not come out as the scenario says. */
export class StepFailedError extends Error {
  public override readonly name = "StepFailedError";
}
