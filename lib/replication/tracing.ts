import type { PolicyStatement } from "../private/role-policy";

const SENDS = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"];

/**
 * Lambda decides which invocations are traced; a state machine decides for itself, and asks how.
 * docs.aws.amazon.com/step-functions/latest/dg/xray-iam.html
 */
const DECIDES = ["xray:GetSamplingRules", "xray:GetSamplingTargets"];

/** X-Ray knows no resources: its actions are granted on all or on none. */
export function traceStatements(tracing: boolean, who: "function" | "state machine"): PolicyStatement[] {
  if (!tracing) {
    return [];
  }
  return [
    {
      Effect: "Allow",
      Action: who === "function" ? SENDS : [...SENDS, ...DECIDES],
      Resource: ["*"],
    },
  ];
}
