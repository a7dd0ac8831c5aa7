import { join } from "node:path";
import { STACK_NAMES } from "../../contract/stacks";
import { STORE_NAMES } from "../../contract/stores";
import type { Cleanup } from "../stage/cleanup";
import type { Stage } from "../stage/stage";
import { Breakages } from "./breakages";
import { startCloudflareInFront } from "./cloudflare-in-front";
import { makeProject, OperatorProgram } from "./operator-program";
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
  const { plans, stores, functionVariables, clock, emit, signal } = stage;
  const projectOf = (person: string) =>
    makeProject(join(stage.folder, "people", person), {
      "cdktf.json": { language: "typescript", app: "none", context: { activeProvider: "primary" } },
      ...Object.fromEntries(
        STACK_NAMES.map((name) => [`cdktf.out/stacks/${name}/cdk.tf.json`, plans.primary.stacks[name]]),
      ),
    });
  const operator = new OperatorProgram(
    program,
    {
      projectOf,
      speed: stage.timing.speed,
      clock,
      emit,
      signal,
      environment: {
        ...functionVariables,
        ...storeVariablesOf(stores),
        // An operator has an identity at AWS; the commands that read the primary's objects go by it.
        AWS_ACCESS_KEY_ID: stores.access.primary.accessKeyId,
        AWS_SECRET_ACCESS_KEY: stores.access.primary.secretAccessKey,
        AWS_REGION: stores.access.primary.region,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
        CLOUDFLARE_API_TOKEN: cloudflare.token,
        CLOUDFLARE_BASE_URL: cloudflare.baseUrl,
      },
    },
    cleanup,
  );
  return { ...stage, cloudflare, operator, breakages: new Breakages(stage, cloudflare.gateway) };
}

/** Key pairs and origins of both stores: whichever becomes active is asked with its own. */
function storeVariablesOf({ access }: Stage["stores"]): Record<string, string> {
  return Object.fromEntries(
    STORE_NAMES.flatMap((name) => {
      const { accessKeyId, secretAccessKey, host, port } = access[name];
      const prefix = name.toUpperCase();
      return [
        [`${prefix}_ACCESS_KEY_ID`, accessKeyId],
        [`${prefix}_SECRET_ACCESS_KEY`, secretAccessKey],
        [`${prefix}_ORIGIN`, `http://${host}:${port}`],
      ];
    }),
  );
}
