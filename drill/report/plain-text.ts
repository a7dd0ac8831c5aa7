/** Control characters, invisible and direction-changing ones, and halves of surrogate pairs. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const NAMED = new Map([
  ["\n", "\\n"],
  ["\r", "\\r"],
  ["\t", "\\t"],
]);

/** The text with everything shown that one could not see, or that would rearrange the rest of the line. */
export function visible(text: string): string {
  return text.replace(
    INVISIBLE,
    (character) => NAMED.get(character) ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** For an element's text or a quoted attribute. */
export function htmlText(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Inert in a paragraph, a list or a table's cell: no markup, no HTML, no link that renders by itself. */
export function markdownText(text: string): string {
  return visible(text).replace(
    /[\\`*_{}[\]<>()#|~&!$@]|:(?=\/\/)|(?<=\bwww)\./gi,
    (character) => `\\${character}`,
  );
}
