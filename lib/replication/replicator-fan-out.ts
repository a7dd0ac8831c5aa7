import type { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { IamRole } from "@cdktf/provider-aws/lib/iam-role";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy";
import type { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { SfnStateMachine } from "@cdktf/provider-aws/lib/sfn-state-machine";
import { Construct } from "constructs";
import { HANDLERS } from "../../contract/handlers";
import { boundedName } from "../private/bounded-name";
import { policyDocument, SAME_ACCOUNT, trustPolicy } from "../private/role-policy";
import { fanOutDefinition } from "./fan-out-definition";
import { createReplicatorFunction, type ReplicatorFunctionSettings } from "./replicator-function";
import { NAME_CHARACTERS } from "./replicator-settings";
import { traceStatements } from "./tracing";

/** Small objects that one range function copies in a second with 1 GiB of memory, TLS and 20 ms to the standby. */
export const RANGE_OBJECTS_PER_SECOND = 500;

const STATE_MACHINE_NAME_CHARACTERS = 80;

export interface ReplicatorFanOutProps {
  /** Name of the replicator, which all names begin with. */
  readonly name: string;
  readonly settings: ReplicatorFunctionSettings;
  /** Small objects a second that the standby shall be given at most, about. */
  readonly objectsPerSecond: number;
  /** Seconds after which a piece of a range is cut off; it ends by itself before. */
  readonly timeoutSeconds: number;
  /** Share of the ranges, 0 to 100, that may fail before the rest is given up. */
  readonly toleratedFailurePercent: number;
  /** ARNs that the alarm tells; none tells nobody. */
  readonly alarmActions?: readonly string[];
}

/**
 * One pass over all keys by many functions side by side: the way to seed a large bucket, or to catch up after a long
 * outage. Started by hand; an execution that failed is redriven, and then does only the ranges that did not succeed.
 */
export class ReplicatorFanOut extends Construct {
  public readonly logGroup: CloudwatchLogGroup;
  public readonly role: IamRole;
  public readonly rolePolicy: IamRolePolicy;
  public readonly function: LambdaFunction;
  public readonly stateMachineRole: IamRole;
  public readonly stateMachineRolePolicy: IamRolePolicy;
  public readonly stateMachine: SfnStateMachine;
  /** Rings when an execution failed. */
  public readonly alarm: CloudwatchMetricAlarm;

  constructor(scope: Construct, id: string, props: ReplicatorFanOutProps) {
    super(scope, id);
    const { tags, provider, tracing } = props.settings;

    const parts = createReplicatorFunction(this, props.settings, {
      functionName: boundedName(`${props.name}-range`, NAME_CHARACTERS),
      description: "plans a fan-out, does its ranges and ends it",
      handler: HANDLERS.range,
      timeoutSeconds: props.timeoutSeconds,
    });
    this.logGroup = parts.logGroup;
    this.role = parts.role;
    this.rolePolicy = parts.rolePolicy;
    this.function = parts.function;

    const machineName = boundedName(`${props.name}-fan-out`, STATE_MACHINE_NAME_CHARACTERS);
    this.stateMachineRole = new IamRole(this, "state-machine-role", {
      name: boundedName(`${props.name}-fan-out`, NAME_CHARACTERS),
      assumeRolePolicy: trustPolicy("states.amazonaws.com"),
      tags,
      provider,
    });
    this.stateMachineRolePolicy = new IamRolePolicy(this, "state-machine-role-policy", {
      name: "fan-out",
      role: this.stateMachineRole.name,
      policy: stateMachinePermissions(machineName, this.function.arn, tracing),
      provider,
    });
    this.stateMachine = new SfnStateMachine(this, "state-machine", {
      name: machineName,
      roleArn: this.stateMachineRole.arn,
      definition: JSON.stringify(
        fanOutDefinition({
          functionArn: this.function.arn,
          concurrency: Math.ceil(props.objectsPerSecond / RANGE_OBJECTS_PER_SECOND),
          toleratedFailurePercent: props.toleratedFailurePercent,
        }),
      ),
      tracingConfiguration: tracing ? { enabled: true } : undefined,
      tags,
      provider,
      dependsOn: [this.stateMachineRolePolicy],
    });
    this.alarm = this.createAlarm(props);
  }

  private createAlarm(props: ReplicatorFanOutProps): CloudwatchMetricAlarm {
    const actions = props.alarmActions && [...props.alarmActions];
    return new CloudwatchMetricAlarm(this, "alarm", {
      alarmName: `${props.name}-fan-out-failed`,
      alarmDescription: "a fan-out failed; its execution says why, and can be redriven",
      namespace: "AWS/States",
      metricName: "ExecutionsFailed",
      dimensions: { StateMachineArn: this.stateMachine.arn },
      statistic: "Sum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      period: 300,
      evaluationPeriods: 1,
      treatMissingData: "notBreaching",
      alarmActions: actions,
      okActions: actions,
      tags: props.settings.tags,
      provider: props.settings.provider,
    });
  }
}

/**
 * A distributed map starts, watches and redrives executions of its own state machine.
 * docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
 */
function stateMachinePermissions(machineName: string, functionArn: string, tracing: boolean): string {
  const arn = (kind: string) => `arn:aws:states:*:*:${kind}:${machineName}`;
  return policyDocument([
    { Effect: "Allow", Action: ["lambda:InvokeFunction"], Resource: [functionArn] },
    {
      Effect: "Allow",
      Action: ["states:StartExecution"],
      Resource: [arn("stateMachine")],
      Condition: SAME_ACCOUNT,
    },
    {
      Effect: "Allow",
      Action: ["states:DescribeExecution", "states:StopExecution", "states:RedriveExecution"],
      Resource: [`${arn("execution")}:*`, `${arn("execution")}/*`],
      Condition: SAME_ACCOUNT,
    },
    ...traceStatements(tracing, "state machine"),
  ]);
}
