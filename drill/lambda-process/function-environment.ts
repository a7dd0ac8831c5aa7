import type { StoreCredentials } from "../../contract/credentials";

export interface FunctionSettings {
  /** As in `handler.handler`: file and export. */
  readonly handler: string;
  /** The function's own variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** @default "us-east-1" */
  readonly region?: string;
  /**
   * MiB; most of it becomes the limit of the process's heap.
   *
   * @default 1024
   */
  readonly memoryMiB?: number;
  /**
   * Key pair of the function's role, which Lambda itself puts into the environment.
   *
   * @default - no role
   */
  readonly role?: StoreCredentials;
}

const FUNCTION_NAME = "storage-failover-replicator";

export const DEFAULT_MEMORY_MIB = 1024;

/** The whole environment that the function sees: its own variables and those that Lambda sets, and nothing of this machine. */
export function functionEnvironment(settings: FunctionSettings, taskFolder: string): Record<string, string> {
  const region = settings.region ?? "us-east-1";
  const role = settings.role;
  return {
    ...settings.environment,
    ...(role === undefined
      ? {}
      : { AWS_ACCESS_KEY_ID: role.accessKeyId, AWS_SECRET_ACCESS_KEY: role.secretAccessKey }),
    _HANDLER: settings.handler,
    AWS_EXECUTION_ENV: `AWS_Lambda_nodejs${process.versions.node.split(".")[0]}.x`,
    AWS_LAMBDA_FUNCTION_NAME: FUNCTION_NAME,
    AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMiB ?? DEFAULT_MEMORY_MIB),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${FUNCTION_NAME}`,
    AWS_LAMBDA_LOG_STREAM_NAME: "local",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    LAMBDA_TASK_ROOT: taskFolder,
    LANG: "en_US.UTF-8",
    PATH: "/usr/local/bin:/usr/bin:/bin",
    TZ: ":UTC",
  };
}
