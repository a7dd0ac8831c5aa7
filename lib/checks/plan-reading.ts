/** A JSON object. */
export type Block = Readonly<Record<string, unknown>>;

/** A resource of a synthesized stack. */
export interface PlannedResource {
  readonly type: string;
  /** As Terraform names it: `type.name`. */
  readonly address: string;
  readonly values: Block;
}

export function isBlock(value: unknown): value is Block {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether something is written there. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** The object at a path; empty where there is none. */
export function blockAt(value: unknown, ...path: readonly string[]): Block {
  const found = path.reduce<unknown>((node, key) => (isBlock(node) ? node[key] : undefined), value);
  return isBlock(found) ? found : {};
}

/** A nested block, however it was written: once, or as a list of some. */
export function blocksOf(value: unknown): readonly Block[] {
  return listOf(value).filter(isBlock);
}

/** Policies and plans write a list of one as the one. */
export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) {
    return [];
  }
  return Array.isArray(value) ? value : [value];
}

export function resourcesOf(plan: Block): readonly PlannedResource[] {
  return Object.entries(blockAt(plan, "resource")).flatMap(([type, named]) =>
    Object.entries(isBlock(named) ? named : {}).map(([name, values]) => ({
      type,
      address: `${type}.${name}`,
      values: isBlock(values) ? values : {},
    })),
  );
}

export function resourcesOfType(plan: Block, ...types: readonly string[]): readonly PlannedResource[] {
  return resourcesOf(plan).filter(({ type }) => types.includes(type));
}

/** Addresses of the resources that a value refers to, in their order. */
export function referencesIn(value: unknown): readonly string[] {
  return listOf(value).flatMap((part) => {
    if (typeof part !== "string") {
      return isBlock(part) ? Object.values(part).flatMap(referencesIn) : [];
    }
    const templates = withoutEscapes(part).match(/\$\{[^}]*\}/g) ?? [];
    return templates.flatMap((text) => text.match(/[a-z0-9]+(_[a-z0-9]+)+\.[A-Za-z0-9_-]+/g) ?? []);
  });
}

/** Whether Terraform fills in a part of the text, which is then not known yet. */
export function hasReference(text: string): boolean {
  return withoutEscapes(text).includes("${");
}

/** `$${` is Terraform's way to write a plain `${`. */
function withoutEscapes(text: string): string {
  return text.replaceAll("$${", "");
}
