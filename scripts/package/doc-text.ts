import type { ApiDocumentedItem } from "@microsoft/api-extractor-model";

type DocComment = NonNullable<ApiDocumentedItem["tsdocComment"]>;
type DocSection = DocComment["summarySection"];
type DocNode = ReturnType<DocSection["getChildNodes"]>[number];

/** What the docstring says first, on one line; empty where there is none. */
export function summaryOf(item: ApiDocumentedItem): string {
  return item.tsdocComment === undefined ? "" : textOf(item.tsdocComment.summarySection);
}

/** What `@default` says: a literal as code, and words as they are; undefined without the tag. */
export function defaultOf(item: ApiDocumentedItem): string | undefined {
  const block = item.tsdocComment?.customBlocks.find(({ blockTag }) => blockTag.tagName === "@default");
  if (block === undefined) return undefined;
  const text = textOf(block.content);
  if (text.startsWith("- ")) return text.slice(2);
  const [literal = "", ...words] = text.split(" - ");
  return [`\`${literal}\``, ...words].join(", ");
}

/** The source of a piece of a docstring, on one line. */
function textOf(node: DocNode): string {
  return oneLine(sourceOf(node));
}

function sourceOf(node: DocNode): string {
  const own = "content" in node && node.kind === "Excerpt" ? String(node.content) : "";
  return own + node.getChildNodes().map(sourceOf).join("");
}

export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** Text in a table's cell, where a bar would begin the next. */
export function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
