import type { PolicyStatement } from "../private/role-policy";

/** X-Ray knows no resources: its actions are granted on all or on none. */
export function traceStatements(tracing: boolean): PolicyStatement[] {
  return tracing
    ? [
        {
          Effect: "Allow",
          Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
          Resource: ["*"],
        },
      ]
    : [];
}
