import { isDeepStrictEqual } from "node:util";

/** Parsed JSON by stack name. */
export type Plans = Readonly<Record<string, unknown>>;

/**
 * Every path at which two sets of synthesized stacks differ, sorted, as in
 * `edge: resource.cloudflare_load_balancer.edge_load-balancer_5C1D.default_pools`.
 *
 * Lists are compared as a whole: their order has a meaning. A path that one side lacks is named at the point
 * where it is missing.
 */
export function changedPaths(before: Plans, after: Plans): readonly string[] {
  return keysOfBoth(before, after)
    .flatMap((stack) =>
      differences(before[stack], after[stack], []).map((path) => (path === "" ? stack : `${stack}: ${path}`)),
    )
    .sort();
}

function differences(before: unknown, after: unknown, path: readonly string[]): readonly string[] {
  if (isDeepStrictEqual(before, after)) {
    return [];
  }
  if (!isObject(before) || !isObject(after)) {
    return [path.join(".")];
  }
  return keysOfBoth(before, after).flatMap((key) => differences(before[key], after[key], [...path, key]));
}

function keysOfBoth(before: Plans, after: Plans): readonly string[] {
  return [...new Set([...Object.keys(before), ...Object.keys(after)])];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
