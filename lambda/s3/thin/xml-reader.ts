import { decodeText } from "./xml-text";

/** Characters of what a server says that an error repeats at most: a secret access key has 40. */
export const LONGEST_SHOWN = 32;

/** The text is not the document that was expected: somebody else's, cut off, or no XML at all. */
export class XmlError extends Error {
  public override readonly name = "XmlError";
}

const SLASH = 0x2f;
const EXCLAMATION = 0x21;
const QUESTION = 0x3f;
const GREATER = 0x3e;
const DOUBLE_QUOTE = 0x22;
const SINGLE_QUOTE = 0x27;

/**
 * Walks through a document, element by element, without building anything. Knows what stores write: elements,
 * text, references, attributes (which it skips), comments and CDATA; no document types.
 *
 * ```ts
 * reader.open("Tagging");
 * for (let name = reader.child(); name !== undefined; name = reader.child()) reader.skip();
 * ```
 */
export class XmlReader {
  /** Where the next thing to be read begins; after `child` that is the element's content. */
  public position = 0;
  private readonly parents: string[] = [];
  /** The element that `child` or `open` returned last has no content: `<Owner/>`. */
  private isEmpty = false;

  constructor(public readonly text: string) {}

  /** @returns the root element's name */
  public root(): string {
    const name = this.child();
    if (name === undefined) throw new XmlError("there is no element");
    return name;
  }

  /** @throws XmlError when the root element has another name */
  public open(name: string): void {
    const found = this.root();
    if (found !== name) throw new XmlError(`the document is <${elementName(found)}>, not <${name}>`);
  }

  /** Enters the next element inside the one that is open; at its end leaves it, and returns undefined. */
  public child(): string | undefined {
    if (this.isEmpty) {
      this.isEmpty = false;
      this.parents.pop();
      return undefined;
    }
    const start = this.nextTag();
    if (this.text.charCodeAt(start + 1) === SLASH) {
      this.close(start);
      return undefined;
    }
    return this.enter(start);
  }

  /** The text of the element that `child` returned last, which is left with it. */
  public content(): string {
    if (this.isEmpty) {
      this.child();
      return "";
    }
    const end = this.text.indexOf("<", this.position);
    if (end === -1) throw new XmlError("the document is cut off");
    if (this.text.charCodeAt(end + 1) === SLASH) {
      const content = decodeText(this.text.slice(this.position, end));
      this.close(end);
      return content;
    }
    return this.mixedContent();
  }

  /** Leaves the element that `child` returned last, whatever is in it. */
  public skip(): void {
    const depth = this.parents.length;
    while (this.parents.length >= depth) this.child();
  }

  /** Leaves the element that is open, its end tag beginning here. */
  public close(start: number): void {
    const end = this.text.indexOf(">", start);
    const name = this.parents.pop();
    if (end === -1 || this.text.slice(start + 2, end).trimEnd() !== name) {
      throw new XmlError(end === -1 ? "the document is cut off" : `<${elementName(name)}> does not end`);
    }
    this.position = end + 1;
  }

  private enter(start: number): string {
    const end = this.endOfTag(start);
    this.isEmpty = this.text.charCodeAt(end - 1) === SLASH;
    const inside = this.text.slice(start + 1, this.isEmpty ? end - 1 : end);
    const blank = inside.search(/\s/);
    const name = blank === -1 ? inside : inside.slice(0, blank);
    this.parents.push(name);
    this.position = end + 1;
    return name;
  }

  /** Where the next start or end tag begins; comments and declarations are left behind. */
  private nextTag(): number {
    for (;;) {
      const start = this.text.indexOf("<", this.position);
      if (start === -1) throw new XmlError("the document is cut off");
      const second = this.text.charCodeAt(start + 1);
      if (second !== EXCLAMATION && second !== QUESTION) return start;
      this.position = this.endOfAside(start);
    }
  }

  private endOfAside(start: number): number {
    const { text } = this;
    const mark = text.startsWith("<!--", start) ? "-->" : text.startsWith("<![CDATA[", start) ? "]]>" : ">";
    const end = text.indexOf(mark, start);
    if (end === -1) throw new XmlError("the document is cut off");
    return end + mark.length;
  }

  /** Where the tag that begins here has its `>`: not one within an attribute's value. */
  private endOfTag(start: number): number {
    let quote = 0;
    for (let index = start + 1; index < this.text.length; index += 1) {
      const unit = this.text.charCodeAt(index);
      if (quote !== 0) quote = unit === quote ? 0 : quote;
      else if (unit === GREATER) return index;
      else if (unit === DOUBLE_QUOTE || unit === SINGLE_QUOTE) quote = unit;
    }
    throw new XmlError("the document is cut off");
  }

  /** Text with comments or CDATA in it. */
  private mixedContent(): string {
    let content = "";
    for (;;) {
      const start = this.text.indexOf("<", this.position);
      if (start === -1) throw new XmlError("the document is cut off");
      content += decodeText(this.text.slice(this.position, start));
      const second = this.text.charCodeAt(start + 1);
      if (second === SLASH) {
        this.close(start);
        return content;
      }
      if (second !== EXCLAMATION && second !== QUESTION) throw new XmlError("an element where text was due");
      this.position = this.endOfAside(start);
      if (this.text.startsWith("<![CDATA[", start)) content += this.text.slice(start + 9, this.position - 3);
    }
  }
}

/** What is longer than a name may be anything that a server was sent. */
function elementName(name = ""): string {
  return name.length <= LONGEST_SHOWN ? name : "…";
}
