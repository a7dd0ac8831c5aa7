/** The failure domains: one stack each, and the names they are deployed by. */
export const STACK_NAMES = ["primary", "secondary", "replication", "edge"] as const;

/** The name of a stack. */
export type StackName = (typeof STACK_NAMES)[number];
