import { type RunningLocalStack, startLocalStack } from "../../../drill/local-cloud/localstack";
import type { LocalStoreSettings } from "../../../drill/local-cloud/running-store";

/**
 * LocalStack whose Lambda functions run: as Node processes of this machine, from their zip. The Python module beside this
 * file is found on its path, so that the cached environment stays as it is for everybody else.
 */
export function startLocalStackWithFunctions(settings: LocalStoreSettings): Promise<RunningLocalStack> {
  return startLocalStack(settings, {
    variables: {
      PYTHONPATH: __dirname,
      PYTHONDONTWRITEBYTECODE: "1",
      LAMBDA_RUNTIME_EXECUTOR: "process",
      PROCESS_EXECUTOR_NODE: process.execPath,
      PROCESS_EXECUTOR_BOOTSTRAP: require.resolve("./bootstrap.mjs"),
    },
  });
}
