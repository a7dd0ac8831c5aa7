import fc from "fast-check";
import { type Block, isBlock } from "../../lib/checks/plan-reading";

type Path = readonly (string | number)[];

/** Values that rules look for, and values that none expects. */
const ODD_VALUES: readonly unknown[] = [
  ...[
    null,
    undefined,
    true,
    false,
    0,
    -1,
    "",
    "22",
    "https",
    "*",
    "0.0.0.0/0",
    "${var.secret}",
    "$${literal}",
  ],
  ...["${aws_s3_bucket.x.id}", "not json {", "[1]", [], {}, [null], [[]], { AWS: "*" }, ["text", 7]],
];

/** A plan with one to three places changed, at any depth. */
export function randomlyChanged(plan: Block): fc.Arbitrary<Block> {
  const places = pathsIn(plan, []).filter((path) => path[0] !== "//");
  return fc
    .array(fc.tuple(fc.constantFrom(...places), fc.constantFrom(...ODD_VALUES)), {
      minLength: 1,
      maxLength: 3,
    })
    .map((changes) =>
      changes.reduce<Block>((changed, [path, value]) => asBlock(at(changed, path, value)), plan),
    );
}

function pathsIn(value: unknown, path: Path): readonly Path[] {
  const entries: readonly (readonly [string | number, unknown])[] = Array.isArray(value)
    ? value.map((entry: unknown, index) => [index, entry] as const)
    : Object.entries(isBlock(value) ? value : {});
  return entries.flatMap(([key, inner]) => [[...path, key], ...pathsIn(inner, [...path, key])]);
}

function at(node: unknown, [key, ...rest]: Path, value: unknown): unknown {
  if (key === undefined) {
    return value;
  }
  if (Array.isArray(node)) {
    return node.map((entry: unknown, index) => (index === key ? (at(entry, rest, value) ?? null) : entry));
  }
  if (!isBlock(node)) {
    return node;
  }
  const inner = at(node[key], rest, value);
  const { [key]: _old, ...others } = node;
  return inner === undefined ? others : { ...others, [key]: inner };
}

function asBlock(value: unknown): Block {
  return isBlock(value) ? value : {};
}
