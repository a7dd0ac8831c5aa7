/** A synthesized plan that the edge engine cannot follow faithfully. The message names the path in the JSON. */
export class PlanUnreadableError extends Error {
  public override readonly name = "PlanUnreadableError";

  constructor(
    public readonly path: string,
    what: string,
  ) {
    super(`edge plan cannot be read at ${path}: ${what}`);
  }
}

/**
 * A place in the synthesized JSON that knows its own path, so that whatever is wrong can say where.
 * Terraform treats null and absent alike, and so does this.
 */
export class PlanNode {
  constructor(
    private readonly value: unknown,
    public readonly path: string,
    /** Values of sensitive Terraform variables, which the JSON only refers to. */
    private readonly variables: Readonly<Record<string, string>>,
  ) {}

  public get isPresent(): boolean {
    return this.value !== undefined && this.value !== null;
  }

  public at(key: string): PlanNode {
    const object = this.isPresent ? this.object() : {};
    return new PlanNode(object[key], this.path === "" ? key : `${this.path}.${key}`, this.variables);
  }

  public entries(): readonly (readonly [string, PlanNode])[] {
    return this.isPresent ? Object.keys(this.object()).map((key) => [key, this.at(key)] as const) : [];
  }

  public items(): readonly PlanNode[] {
    if (!this.isPresent) return [];
    if (!Array.isArray(this.value)) throw this.unreadable("a list");
    return this.value.map((item, index) => new PlanNode(item, `${this.path}[${index}]`, this.variables));
  }

  public text(): string {
    if (typeof this.value !== "string") throw this.unreadable("a text");
    return this.value.replace(/\$\{(.*?)\}/g, (reference) => this.resolve(reference));
  }

  public optionalText(): string | undefined {
    return this.isPresent ? this.text() : undefined;
  }

  /** A whole number that is not below `least`. */
  public number(least: number, absent?: number): number {
    if (!this.isPresent && absent !== undefined) return absent;
    if (typeof this.value !== "number" || !Number.isInteger(this.value) || this.value < least) {
      throw this.unreadable(`a whole number, at least ${least}`);
    }
    return this.value;
  }

  public flag(absent: boolean): boolean {
    if (!this.isPresent) return absent;
    if (typeof this.value !== "boolean") throw this.unreadable("true or false");
    return this.value;
  }

  /** The id of the resource that `${<resourceType>.<id>.id}` refers to. */
  public referenceTo(resourceType: string): string {
    const id =
      typeof this.value === "string"
        ? new RegExp(`^\\$\\{${resourceType}\\.([\\w-]+)\\.id\\}$`).exec(this.value)?.[1]
        : undefined;
    if (id === undefined) throw this.unreadable(`a reference to a ${resourceType} of the same stack`);
    return id;
  }

  public unreadable(expected: string): PlanUnreadableError {
    const found = this.isPresent ? JSON.stringify(this.value) : "nothing";
    return new PlanUnreadableError(this.path, `expected ${expected}, found ${found}`);
  }

  /** For what Cloudflare would accept and this engine does not imitate: better no drill than a false one. */
  public unsupported(what: string): PlanUnreadableError {
    return new PlanUnreadableError(this.path, `${what}; the edge engine does not imitate this`);
  }

  private object(): Readonly<Record<string, unknown>> {
    if (typeof this.value !== "object" || this.value === null || Array.isArray(this.value)) {
      throw this.unreadable("an object");
    }
    return Object.fromEntries(Object.entries(this.value));
  }

  private resolve(reference: string): string {
    const variable = /^\$\{var\.([\w-]+)\}$/.exec(reference)?.[1];
    const value = variable === undefined ? undefined : this.variables[variable];
    if (value === undefined)
      throw new PlanUnreadableError(this.path, `${reference} has no value before a deployment`);
    return value;
  }
}
