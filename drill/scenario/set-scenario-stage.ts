import { join } from "node:path";
import { STACK_NAMES } from "../../contract/stacks";
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
  const { plans, stores, functionVariables, resolverUrls, clock, emit, signal } = stage;
  const folder = await makeProject(join(stage.folder, "operator"), {
    "cdktf.json": { language: "typescript", app: "none", context: { activeProvider: "primary" } },
    ...Object.fromEntries(
      STACK_NAMES.map((name) => [`cdktf.out/stacks/${name}/cdk.tf.json`, plans.primary.stacks[name]]),
    ),
  });
  const { primary } = stores.access;
  const operator = new OperatorProgram(
    program,
    {
      folder,
      clock,
      emit,
      signal,
      environment: {
        ...functionVariables,
        AWS_ACCESS_KEY_ID: primary.accessKeyId,
        AWS_SECRET_ACCESS_KEY: primary.secretAccessKey,
        AWS_REGION: primary.region,
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
        CLOUDFLARE_API_TOKEN: cloudflare.token,
        CLOUDFLARE_BASE_URL: cloudflare.baseUrl,
        STORAGE_FAILOVER_RESOLVERS: resolverUrls.join(","),
      },
    },
    cleanup,
  );
  return { ...stage, cloudflare, operator, breakages: new Breakages(stage, cloudflare.gateway) };
}
