import { REQUEST_TIMEOUT_VARIABLE } from "../../contract/environment";
import { isItem } from "../cloudflare/api-request";

/**
 * The replication stack with the variables that its function has on this machine: addresses of the stores and
 * resolvers, and scaled durations. But for the time-out of a request: commands are a person's, who is patient with a
 * busy machine.
 */
export function planOfHere(stack: unknown, variables: Readonly<Record<string, string>>): unknown {
  const { resource, ...rest } = itemOf(stack);
  const { aws_lambda_function: functions, ...others } = itemOf(resource);
  const here = Object.entries(itemOf(functions)).map(([id, one]) => [
    id,
    { ...itemOf(one), environment: { variables: { ...variables, ...timeoutOf(one) } } },
  ]);
  return { ...rest, resource: { ...others, aws_lambda_function: Object.fromEntries(here) } };
}

function timeoutOf(planned: unknown): Readonly<Record<string, unknown>> {
  const { [REQUEST_TIMEOUT_VARIABLE]: seconds } = itemOf(itemOf(itemOf(planned).environment).variables);
  return seconds === undefined ? {} : { [REQUEST_TIMEOUT_VARIABLE]: seconds };
}

function itemOf(value: unknown): Readonly<Record<string, unknown>> {
  return isItem(value) ? value : {};
}
