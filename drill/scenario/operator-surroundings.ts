import { STACK_NAMES } from "../../contract/stacks";
import { STORE_NAMES } from "../../contract/stores";
import type { Stage } from "../stage/stage";
import type { CloudflareInFront } from "./cloudflare-in-front";

/** The operator's project, by file: the toggle, and the plans of the value that is deployed. */
export function projectFiles({ plans }: Pick<Stage, "plans">): Readonly<Record<string, unknown>> {
  return {
    "cdktf.json": { language: "typescript", app: "none", context: { activeProvider: "primary" } },
    ...Object.fromEntries(
      STACK_NAMES.map((name) => [`cdktf.out/stacks/${name}/cdk.tf.json`, plans.primary.stacks[name]]),
    ),
  };
}

/** What a shell needs for commands to work on the stage as they would on the real deployment. */
export function operatorEnvironment(
  { functionVariables, stores }: Pick<Stage, "functionVariables" | "stores">,
  cloudflare: Pick<CloudflareInFront, "baseUrl" | "token">,
): Record<string, string> {
  return {
    ...functionVariables,
    ...storeVariablesOf(stores),
    // An operator has an identity at AWS; the commands that read the primary's objects go by it.
    AWS_ACCESS_KEY_ID: stores.access.primary.accessKeyId,
    AWS_SECRET_ACCESS_KEY: stores.access.primary.secretAccessKey,
    AWS_REGION: stores.access.primary.region,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    CLOUDFLARE_API_TOKEN: cloudflare.token,
    CLOUDFLARE_BASE_URL: cloudflare.baseUrl,
  };
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
