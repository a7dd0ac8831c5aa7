import type { Stage } from "../stage/stage";
import type { DemoOptions } from "./options";

/** Everything that the acts of the story share. */
export interface DemoStage extends Stage {
  readonly options: DemoOptions;
}
