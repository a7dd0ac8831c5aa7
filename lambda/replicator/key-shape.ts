/** Shapes of keys that some servers cannot hold. */
export const KEY_SHAPES = [
  "leading-slash",
  "double-slash",
  "dot-segment",
  "parent-segment",
  "long-segment",
] as const;

export type KeyShape = (typeof KEY_SHAPES)[number];

/** The longest name in a folder that usual file systems take, in bytes. */
const LONGEST_SEGMENT = 255;

/** The shapes that a key has; none for most keys. */
export function shapesOf(key: string): readonly KeyShape[] {
  // The usual key has none of the characters that any shape needs.
  if (key.length <= LONGEST_SEGMENT / 3 && !key.includes("//") && !key.includes(".") && key[0] !== "/")
    return [];
  const segments = key.split("/");
  const found: Record<KeyShape, boolean> = {
    "leading-slash": key.startsWith("/"),
    "double-slash": key.includes("//"),
    "dot-segment": segments.includes("."),
    "parent-segment": segments.includes(".."),
    "long-segment": segments.some((segment) => Buffer.byteLength(segment) > LONGEST_SEGMENT),
  };
  return KEY_SHAPES.filter((shape) => found[shape]);
}

/** The keys that would be folders above this one: `a` and `a/b` for `a/b/c`. */
export function ancestorsOf(key: string): readonly string[] {
  const ancestors: string[] = [];
  for (let slash = key.indexOf("/", 1); slash !== -1; slash = key.indexOf("/", slash + 1)) {
    // A directory marker `a/` may stand beside `a`.
    if (slash < key.length - 1) ancestors.push(key.slice(0, slash));
  }
  return ancestors;
}
