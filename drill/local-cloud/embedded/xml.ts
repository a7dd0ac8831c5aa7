import { XMLParser } from "fast-xml-parser";
import { S3Refusal } from "./s3-refusal";

/**
 * Text, nested elements, or the same element several times; undefined leaves it out. An empty name puts no
 * element around its content.
 */
export type XmlContent =
  | string
  | number
  | boolean
  | undefined
  | { readonly [name: string]: XmlContent }
  | readonly XmlContent[];

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

/** A document with one root element in S3's namespace. */
export function xmlDocument(root: string, content: { readonly [name: string]: XmlContent }): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${NAMESPACE}">${render(content)}</${root}>`;
}

function render(content: XmlContent): string {
  if (typeof content !== "object") return escapeText(String(content ?? ""));
  return Object.entries(content)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value])
        .filter((one) => one !== undefined)
        .map((one: XmlContent) => (name === "" ? render(one) : `<${name}>${render(one)}</${name}>`)),
    )
    .join("");
}

/** Control characters become references, as S3 writes them, although XML 1.0 has no place for most. */
function escapeText(text: string): string {
  return text.replace(/[&<>"\p{Cc}]/gu, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}

/** Keys as `encoding-type=url` shows them: a space is `+`, a slash stays. */
export function urlEncoded(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+")
    .replaceAll("%2F", "/");
}

const parser = new XMLParser({
  ignoreDeclaration: true,
  ignoreAttributes: true,
  parseTagValue: false,
  trimValues: false,
  // Numeric references too, such as the `&#xD;` that keeps a carriage return.
  htmlEntities: true,
  isArray: (name) => name === "Part" || name === "Tag" || name === "Object",
});

/** The named elements below `path`, each as its text children; a request's body that holds none gives none. */
export function parseElements(text: string, path: readonly string[]): Record<string, string>[] {
  let node: unknown;
  try {
    node = parser.parse(text, true);
  } catch (error) {
    throw new S3Refusal(400, "MalformedXML", error instanceof Error ? error.message : "not well-formed");
  }
  for (const name of path) {
    node = typeof node === "object" && node !== null ? (node as Record<string, unknown>)[name] : undefined;
  }
  return [node ?? []].flat().map((element) => {
    const children = typeof element === "object" && element !== null ? Object.entries(element) : [];
    return Object.fromEntries(children.map(([name, value]) => [name, String(value)]));
  });
}
