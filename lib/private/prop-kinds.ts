import { ConfigurationError } from "../configuration-error";

/** What a value is to callers without types: JavaScript, JSON that was parsed, a cast. */
type Kind = "checked" | "text" | "number" | "flag" | "texts" | "objects" | "textsByName" | "object" | "store";

/** The kind that follows from a prop's type, so that the two cannot disagree. */
type KindOf<Value> = [Value] extends [boolean]
  ? "flag"
  : [Value] extends [number]
    ? "number"
    : [Value] extends [string]
      ? "text"
      : [Value] extends [readonly string[]]
        ? "texts"
        : [Value] extends [readonly object[]]
          ? "objects"
          : [Value] extends [{ readonly storeName: string }]
            ? "store"
            : [Value] extends [Readonly<Record<string, string>>]
              ? "textsByName" | "object"
              : "object";

/** The kind of every prop; with a question mark where the prop may be left out. A prop without a line does not compile. */
export type PropKinds<Props> = {
  readonly [Prop in keyof Props]-?: undefined extends Props[Prop]
    ? `${KindOf<NonNullable<Props[Prop]>>}?` | "checked"
    : KindOf<Props[Prop]> | "checked";
};

/**
 * Refuses what only a caller without types can give: a prop that is missing, of another kind, or that does not exist.
 * Called first, so that the checks of values need not ask what they were given.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkKinds<Props extends object>(
  props: Props,
  kinds: PropKinds<Props>,
  path: string,
  unknownProps: "refused" | "allowed" = "refused",
): void {
  const given = objectAt(props, path);
  const known = new Map<string, Kind | `${Kind}?`>(Object.entries(kinds));
  for (const [prop, kind] of known) {
    checkKind(given[prop], kind, `${path}/${prop}`);
  }
  const unknown = Object.keys(given).find((prop) => given[prop] !== undefined && !known.has(prop));
  if (unknown !== undefined && unknownProps === "refused") {
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path: `${path}/${unknown}`,
      what: "there is no such prop, so that it would be ignored",
      value: unknown,
      allowed: [...known.keys()].toSorted().join(", "),
      fix: "correct its name, or remove it",
    });
  }
}

/** What each kind admits, and how a person would say it. */
const KINDS: Readonly<
  Record<Kind, { readonly admits: (value: unknown) => boolean; readonly words: string }>
> = {
  checked: { admits: () => true, words: "what its own check admits, which needs no other before" },
  text: { admits: isText, words: "a string" },
  number: { admits: (value) => typeof value === "number", words: "a number" },
  flag: { admits: (value) => typeof value === "boolean", words: "true or false" },
  texts: {
    admits: (value) => Array.isArray(value) && Array.from<unknown>(value).every(isText),
    words: "a list of strings",
  },
  objects: {
    admits: (value) => Array.isArray(value) && Array.from<unknown>(value).every(isObject),
    words: "a list of objects",
  },
  textsByName: {
    admits: (value) => isObject(value) && Object.values(value).every(isText),
    words: "an object whose values are strings",
  },
  object: { admits: isObject, words: "an object" },
  store: { admits: isObject, words: "a store: a construct, or what fromBucket or fromEndpoint gives" },
};

function checkKind(value: unknown, kind: Kind | `${Kind}?`, path: string): void {
  const optional = kind.endsWith("?");
  if (optional && value === undefined) {
    return;
  }
  const { admits, words } = KINDS[kind.replace("?", "") as Kind];
  if (admits(value)) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: value === undefined ? "a value is missing" : "the value is of another kind",
    value: /secret$/i.test(path) && value !== undefined ? "(hidden)" : value,
    allowed: optional ? `${words}, or nothing` : words,
    fix: optional ? `give ${words}, or leave it away` : `give ${words}`,
  });
}

function objectAt(props: unknown, path: string): Readonly<Record<string, unknown>> {
  if (isObject(props)) {
    return props;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "the props are no object",
    value: props,
    allowed: "an object of props",
    fix: "give an object, as in { … }",
  });
}

function isText(value: unknown): boolean {
  return typeof value === "string";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
