import { isItem } from "../cloudflare/api-request";

/**
 * The replication stack with the variables that its function has on this machine: addresses of the stores and
 * resolvers, and scaled durations.
 */
export function planOfHere(stack: unknown, variables: Readonly<Record<string, string>>): unknown {
  const { resource, ...rest } = itemOf(stack);
  const { aws_lambda_function: functions, ...others } = itemOf(resource);
  const here = Object.entries(itemOf(functions)).map(([id, one]) => [
    id,
    { ...itemOf(one), environment: { variables: { ...variables } } },
  ]);
  return { ...rest, resource: { ...others, aws_lambda_function: Object.fromEntries(here) } };
}

function itemOf(value: unknown): Readonly<Record<string, unknown>> {
  return isItem(value) ? value : {};
}
