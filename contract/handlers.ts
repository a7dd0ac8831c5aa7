/** The functions of the replicator's one zip, as Lambda names them: file and export. */
export const HANDLERS = {
  /** Goes over all keys; on a schedule. */
  sweep: "handler.handler",
  /** Looks at the keys that messages of a queue name. */
  events: "handler.events",
  /** Plans a fan-out, does one range of it, and ends it; called by a state machine. */
  range: "handler.range",
} as const;
