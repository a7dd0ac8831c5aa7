/** RFC 2047: charset, `B` or `Q`, text. */
const WORD = /=\?([^?\s]+)\?([bq])\?([^?\s]*)\?=/gi;

/**
 * User metadata as it was put: S3 and MinIO take UTF-8, and answer what is not ASCII as encoded words
 * (`=?UTF-8?B?…?=`). What is no such word stays as it is.
 */
export function decodeWords(value: string): string {
  // Space between two words only separates them, and a character may go across: joined before decoding.
  const joined = value.replace(/(\?=)\s+(?==\?)/g, "$1");
  const decoded: (string | { charset: string; bytes: Buffer })[] = [];
  let end = 0;
  for (const match of joined.matchAll(WORD)) {
    const [whole, charset = "", encoding = "", text = ""] = match;
    if (match.index > end) decoded.push(joined.slice(end, match.index));
    end = match.index + whole.length;
    const bytes = encoding.toLowerCase() === "b" ? Buffer.from(text, "base64") : decodeQuoted(text);
    const last = decoded.at(-1);
    if (typeof last === "object" && last.charset.toLowerCase() === charset.toLowerCase()) {
      last.bytes = Buffer.concat([last.bytes, bytes]);
    } else {
      decoded.push({ charset, bytes });
    }
  }
  if (decoded.length === 0) return value;
  decoded.push(joined.slice(end));
  try {
    return decoded.map((part) => (typeof part === "string" ? part : decodeBytes(part))).join("");
  } catch {
    // A charset that nobody knows.
    return value;
  }
}

function decodeQuoted(text: string): Buffer {
  const latin1 = text
    .replaceAll("_", " ")
    .replace(/=([0-9a-f]{2})/gi, (_, hexadecimal: string) =>
      String.fromCharCode(Number.parseInt(hexadecimal, 16)),
    );
  return Buffer.from(latin1, "latin1");
}

function decodeBytes({ charset, bytes }: { charset: string; bytes: Buffer }): string {
  return new TextDecoder(charset, { fatal: true }).decode(bytes);
}
