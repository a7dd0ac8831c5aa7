import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import type { TerraformProvider } from "cdktf";
import type { Construct } from "constructs";
import type { ObjectStore } from "../object-store";
import { type PolicyStatement, trustPolicy } from "../private/role-policy";
import { decryption } from "./replicator-encryption";
import { replicatorPermissions } from "./replicator-permissions";
import type { LambdaArchitecture } from "./replicator-settings";
import { traceStatements } from "./tracing";

/** What all functions of one replicator have in common. */
export interface ReplicatorFunctionSettings {
  /** Path of the zip, as Terraform finds it. */
  readonly filename: string;
  readonly sourceCodeHash: string;
  readonly runtime: string;
  readonly architecture: LambdaArchitecture;
  readonly memoryMiB: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly stores: readonly ObjectStore[];
  readonly logRetentionDays: number;
  /** Customer key of the environment, the logs and the queues. @default - keys that AWS manages */
  readonly encryptionKeyArn?: string;
  readonly tracing: boolean;
  readonly tags?: Readonly<Record<string, string>>;
  readonly provider?: TerraformProvider;
}

export interface ReplicatorFunctionProps {
  /** Name of the function and of its role. */
  readonly functionName: string;
  readonly description: string;
  /** One of the contract's `HANDLERS`. */
  readonly handler: string;
  readonly timeoutSeconds: number;
  /** @default - none reserved */
  readonly reservedConcurrency?: number;
  /**
   * What the function may do besides replicating.
   *
   * @default - nothing
   */
  readonly statements?: readonly PolicyStatement[];
  /**
   * What it is told beside what all of them are.
   *
   * @default - nothing
   */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface ReplicatorFunction {
  readonly logGroup: CloudwatchLogGroup;
  readonly role: IamRole;
  readonly rolePolicy: IamRolePolicy;
  readonly function: LambdaFunction;
}

/** One function of the replicator's zip with a role and a log group of its own, placed directly in `scope`. */
export function createReplicatorFunction(
  scope: Construct,
  settings: ReplicatorFunctionSettings,
  props: ReplicatorFunctionProps,
): ReplicatorFunction {
  const { provider, tags, encryptionKeyArn, tracing } = settings;
  const { functionName } = props;
  const logGroup = new CloudwatchLogGroup(scope, "log-group", {
    name: `/aws/lambda/${functionName}`,
    retentionInDays: settings.logRetentionDays,
    kmsKeyId: encryptionKeyArn,
    tags,
    provider,
  });
  const role = new IamRole(scope, "role", {
    name: functionName,
    assumeRolePolicy: trustPolicy("lambda.amazonaws.com"),
    tags,
    provider,
  });
  const rolePolicy = new IamRolePolicy(scope, "role-policy", {
    name: "replicate",
    role: role.name,
    policy: replicatorPermissions(settings.stores, logGroup.arn, [
      ...decryption(encryptionKeyArn),
      ...traceStatements(tracing, "function"),
      ...(props.statements ?? []),
    ]),
    provider,
  });
  return {
    logGroup,
    role,
    rolePolicy,
    function: new LambdaFunction(scope, "function", {
      functionName,
      description: props.description,
      role: role.arn,
      filename: settings.filename,
      sourceCodeHash: settings.sourceCodeHash,
      handler: props.handler,
      runtime: settings.runtime,
      architectures: [settings.architecture],
      memorySize: settings.memoryMiB,
      timeout: props.timeoutSeconds,
      reservedConcurrentExecutions: props.reservedConcurrency,
      environment: { variables: { ...settings.environment, ...props.environment } },
      kmsKeyArn: encryptionKeyArn,
      // Lambda's own lines too; the replicator's are JSON already, and written so that nothing is put around them.
      loggingConfig: { logFormat: "JSON" },
      tracingConfig: tracing ? { mode: "Active" } : undefined,
      tags,
      provider,
      // Without its log group first, Lambda makes one that keeps logs for ever.
      dependsOn: [logGroup, rolePolicy],
    }),
  };
}
