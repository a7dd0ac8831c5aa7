/** The failure domains: one stack each, and the names they are deployed by. */
export const STACK_NAMES = ["primary", "secondary", "replication", "edge"] as const;

/** The name of a stack. */
export type StackName = (typeof STACK_NAMES)[number];

/** What a stack is called in its app: its folder in the output, and the key of its state. */
export function stackNameOf(stack: StackName, prefix: string | undefined): string {
  return prefix === undefined ? stack : `${prefix}-${stack}`;
}
