/** A plan's JSON, as far as it is known to be an object. */
export type PlanObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is PlanObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What stands at a path; the first of a list is looked into, since Terraform's JSON allows both. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    if (Array.isArray(found)) found = found[0];
    found = isObject(found) ? found[name] : undefined;
  }
  return found;
}

/** The object at a path; empty where there is none. */
export function member(value: unknown, ...path: readonly string[]): PlanObject {
  const found = at(value, ...path);
  return isObject(found) ? found : {};
}

/** The text at a path, whatever it holds. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === "string" ? found : undefined;
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
