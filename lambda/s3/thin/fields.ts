import { LONGEST_SHOWN, XmlError, type XmlReader } from "./xml-reader";

/** The text of an element's children by name; children that have children of their own are left out. */
export type Fields = Readonly<Partial<Record<string, string>>>;

/** Reads the wanted children of the element that is open, and leaves it. */
export function readFields(reader: XmlReader, wanted: ReadonlySet<string>): Fields {
  const fields: Record<string, string> = {};
  for (let name = reader.child(); name !== undefined; name = reader.child()) {
    if (wanted.has(name)) fields[name] = reader.content();
    else reader.skip();
  }
  return fields;
}

/** @throws XmlError when it is missing or empty */
export function required(fields: Fields, name: string): string {
  const value = fields[name];
  if (!value) throw new XmlError(`there is no <${name}>`);
  return value;
}

/** @throws XmlError when it is missing, or no whole number from 0 */
export function requiredNumber(fields: Fields, name: string): number {
  const text = required(fields, name);
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw unexpected(name, text);
  return value;
}

/** @throws XmlError when it is missing, or no time */
export function requiredTime(fields: Fields, name: string): Date {
  const text = required(fields, name);
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw unexpected(name, text);
  return new Date(time);
}

/** @throws XmlError when it is missing, or neither `true` nor `false` */
export function requiredFlag(fields: Fields, name: string): boolean {
  const text = required(fields, name);
  if (text !== "true" && text !== "false") throw unexpected(name, text);
  return text === "true";
}

/** Short texts only are repeated: servers have been seen to repeat what they were sent, session tokens included. */
export function unexpected(name: string, text: string): XmlError {
  return new XmlError(`<${name}> is ${text.length <= LONGEST_SHOWN ? text : `${text.length} characters`}`);
}
