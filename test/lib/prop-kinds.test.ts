import { describe, expect, it } from "@jest/globals";
import { ConfigurationError } from "../../lib/configuration-error";
import { checkKinds, type PropKinds } from "../../lib/private/prop-kinds";
import { itRefusesEach } from "./refusal";

interface ExampleProps {
  readonly name: string;
  readonly days?: number;
  readonly versioned?: boolean;
  readonly emails?: readonly string[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly exceptions?: readonly { readonly rule: string }[];
  readonly originSecret?: string;
}

const KINDS: PropKinds<ExampleProps> = {
  name: "text",
  days: "number?",
  versioned: "flag?",
  emails: "texts?",
  tags: "textsByName?",
  exceptions: "objects?",
  originSecret: "text?",
};

/** What a caller without types can do. */
function given(props: unknown): () => unknown {
  return () => checkKinds(props as ExampleProps, KINDS, "app/example");
}

const refused = (
  input: string,
  props: object,
  prop: string,
  value: unknown,
  allowed: string,
  fix: string,
) => ({
  input,
  attempt: given({ name: "assets", ...props }),
  code: "VALUE_INVALID" as const,
  path: `app/example/${prop}`,
  value,
  allowed,
  fix,
});

describe("bad input", () => {
  itRefusesEach([
    refused("a missing value", { name: undefined }, "name", undefined, "a string", "give a string"),
    refused("null", { name: null }, "name", null, "a string", "give a string"),
    refused("null for what may be left out", { days: null }, "days", null, "or nothing", "leave it away"),
    refused("a number as text", { days: "30" }, "days", "30", "a number", "give a number"),
    refused("a flag as text", { versioned: "false" }, "versioned", "false", "true or false", "true or false"),
    refused("a text in the place of a list", { emails: "a@b.c" }, "emails", "a@b.c", "a list", "give a list"),
    refused("a list with a hole", { emails: new Array(1) }, "emails", new Array(1), "a list", "give a list"),
    refused("a tag that is no text", { tags: { a: 1 } }, "tags", { a: 1 }, "values are strings", "object"),
    refused("a list of texts for objects", { exceptions: ["a"] }, "exceptions", ["a"], "objects", "a list"),
    refused(
      "a secret of another kind",
      { originSecret: 5 },
      "originSecret",
      "(hidden)",
      "a string",
      "a string",
    ),
    refused("a prop that does not exist", { emial: "x" }, "emial", "emial", "emails", "correct its name"),
    { ...refused("no object", {}, "", 7, "an object", "{ … }"), attempt: given(7), path: "app/example" },
  ]);

  it("takes all props of their kinds, and what is left out", () => {
    const props = { name: "", days: NaN, versioned: false, emails: [], tags: {}, exceptions: [] };

    expect(given(props)).not.toThrow();
    expect(given({ name: "assets", emial: undefined })).not.toThrow();
  });
});

describe("a refusal's message", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;

  it.each([
    ["a value that JSON has", { a: 1 }, 'value: {"a":1};'],
    ["nothing", undefined, "value: none;"],
    ["a number that JSON has not", NaN, "value: NaN;"],
    ["a large whole number", 7n, "value: 7n;"],
    ["a function", () => "x", "value: a function;"],
    ["an object that holds itself", circular, "value: an object that cannot be shown;"],
    ["a long text", "x".repeat(1000), `value: "${"x".repeat(499)}…;`],
  ])("shows %s", (_what, value, words) => {
    const { message } = new ConfigurationError({
      ...{
        code: "VALUE_INVALID",
        path: "app",
        what: "it is wrong",
        value,
        allowed: "another",
        fix: "use another",
      },
    });

    expect(message).toContain(words);
  });
});
