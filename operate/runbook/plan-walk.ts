/** A plan's JSON, as far as it is known to be an object. */
export type PlanObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is PlanObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at a path; the first of a list is looked into. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (Array.isArray(found)) found = found[0];
    found = isObject(found) ? found[name] : undefined;
  }
  return found;
}

/** Every resource of a type. */
export function resources(stack: unknown, type: string): readonly PlanObject[] {
  const found = at(stack, "resource", type);
  return isObject(found) ? Object.values(found).filter(isObject) : [];
}

/** A text that is known before a deployment. */
export function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" && !value.includes("${") ? value : undefined;
}

export function number(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** The resource that `${type.id.attribute}` refers to. */
export function referred(stack: unknown, type: string, reference: unknown): PlanObject {
  const id = typeof reference === "string" ? reference.split(".")[1] : undefined;
  const found = id === undefined ? undefined : at(stack, "resource", type, id);
  return isObject(found) ? found : {};
}
