import { type Block, blockAt, isBlock, resourcesOf } from "../../lib/checks/plan-reading";

/**
 * What `terraform show -json` would say of a plan that creates everything in a synthesized stack, as far as the rules
 * look at it: planned values without what is unknown yet, and the configuration's expressions.
 * Format: developer.hashicorp.com/terraform/internals/json-format
 */
export function terraformPlan(stack: Block): Block {
  const resources = resourcesOf(stack).map((resource) => ({ ...resource, mode: "managed" }));
  const dataSources = Object.entries(blockAt(stack, "data")).flatMap(([type, named]) =>
    Object.keys(isBlock(named) ? named : {}).map((name) => ({
      address: `data.${type}.${name}`,
      mode: "data",
      type,
      name,
      expressions: {},
    })),
  );
  return {
    format_version: "1.2",
    planned_values: {
      root_module: {
        resources: resources.map(({ address, type, mode, values }) => ({
          address,
          mode,
          type,
          values: known(values),
        })),
      },
    },
    resource_changes: resources.map(({ address, type, mode, values }) => ({
      address,
      mode,
      type,
      change: { actions: ["create"], before: null, after: known(values) },
    })),
    configuration: {
      provider_config: Object.fromEntries(
        Object.keys(blockAt(stack, "provider")).map((name) => [
          name,
          { name, expressions: expressions(firstOf(blockAt(stack, "provider")[name])) },
        ]),
      ),
      root_module: {
        resources: [
          ...resources.map(({ address, type, mode, values }) => ({
            address,
            mode,
            type,
            expressions: expressions(values),
          })),
          ...dataSources,
        ],
        variables: blockAt(stack, "variable"),
      },
    },
  };
}

const META_ARGUMENTS = ["lifecycle", "depends_on", "provider", "count"];

function firstOf(value: unknown): Block {
  const [first] = Array.isArray(value) ? (value as readonly unknown[]) : [value];
  return isBlock(first) ? first : {};
}

/** With variables filled in, and without what refers to another resource, which is not known before that one exists. */
function known(value: unknown): unknown {
  if (typeof value === "string") {
    const filledIn = value.replaceAll(/(?<!\$)\$\{var\.(\w+)\}/g, "value-of-$1");
    return isTemplate(filledIn) ? undefined : filledIn.replaceAll("$${", "${");
  }
  if (Array.isArray(value)) {
    return value.some((entry) => typeof entry === "string" && isTemplate(entry))
      ? undefined
      : value.map(known);
  }
  return isBlock(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([key]) => !META_ARGUMENTS.includes(key))
          .map(([key, inner]) => [key, known(inner)]),
      )
    : value;
}

function expressions(values: Block): Block {
  return Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => !META_ARGUMENTS.includes(key))
      .map(([key, value]) => [key, expression(value)]),
  );
}

/** A literal, or what it refers to: each attribute, then the resource that has it. */
function expression(value: unknown): Block {
  const references = referencesOf(value);
  return references.length > 0 ? { references } : { constant_value: value };
}

function referencesOf(value: unknown): readonly string[] {
  if (typeof value === "string") {
    const attributes = value.replaceAll("$${", "").match(/(?<=\$\{[^}]*)[a-z][\w]*\.[\w-]+(\.\w+)?/g) ?? [];
    return attributes.flatMap((attribute) => [attribute, attribute.split(".").slice(0, 2).join(".")]);
  }
  return Object.values(isBlock(value) || Array.isArray(value) ? value : {}).flatMap(referencesOf);
}

function isTemplate(text: string): boolean {
  return text.replaceAll("$${", "").includes("${");
}
