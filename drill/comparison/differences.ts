import type { ObjectFacts } from "./object-facts";

/** Longer values are cut: a difference is a pointer, not a copy. */
const SHOWN_CHARACTERS = 80;

/** What differs between the two copies of one object, one short sentence each; empty when they are equal. */
export function differencesBetween(primary: ObjectFacts, secondary: ObjectFacts): string[] {
  return [
    ...bodyDifference(primary, secondary),
    ...mapDifferences("header", primary.headers, secondary.headers),
    ...mapDifferences("tag", primary.tags, secondary.tags),
  ];
}

function bodyDifference(primary: ObjectFacts, secondary: ObjectFacts): string[] {
  if (primary.size !== secondary.size) {
    return [`body: ${primary.size} bytes on primary, ${secondary.size} on secondary`];
  }
  return primary.digest === secondary.digest ? [] : [`body: other bytes, ${primary.size} on both sides`];
}

function mapDifferences(
  kind: "header" | "tag",
  primary: Readonly<Record<string, string>>,
  secondary: Readonly<Record<string, string>>,
): string[] {
  const names = [...new Set([...Object.keys(primary), ...Object.keys(secondary)])].sort();
  return names
    .filter((name) => primary[name] !== secondary[name])
    .map(
      (name) => `${kind} ${name}: ${shown(primary[name])} on primary, ${shown(secondary[name])} on secondary`,
    );
}

function shown(value: string | undefined): string {
  if (value === undefined) {
    return "absent";
  }
  return JSON.stringify(value.length > SHOWN_CHARACTERS ? `${value.slice(0, SHOWN_CHARACTERS)}…` : value);
}
