import type { z } from "zod";
import { type DrillEvent, EVENT_SCHEMAS, type EventType } from "./events";

/** What is wrong with a parsed line of the log, in one sentence; undefined when it is an event. */
export function eventProblem(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return "an event must be an object";
  const type: unknown = "type" in value ? value.type : undefined;
  if (typeof type !== "string" || !isEventType(type)) {
    return `unknown type of event ${JSON.stringify(type) ?? "(none)"}`;
  }
  const { error } = EVENT_SCHEMAS[type].safeParse(value);
  return error === undefined ? undefined : firstProblem(error);
}

/** Fields that no schema names are let through: a newer version may have written them. */
export function isDrillEvent(value: unknown): value is DrillEvent {
  return eventProblem(value) === undefined;
}

function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENT_SCHEMAS, type);
}

/** `report.syncPoint: Invalid ISO datetime` */
function firstProblem({ issues: [issue] }: z.core.$ZodError): string {
  if (issue === undefined) return "not as expected";
  const place = issue.path.reduce<string>(
    (path, step) =>
      typeof step === "number" ? `${path}[${step}]` : `${path}${path === "" ? "" : "."}${String(step)}`,
    "",
  );
  return `${place}: ${issue.message}`;
}
