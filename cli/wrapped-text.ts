/** Widest that lines become: what a split terminal shows, and a mail. */
export const TEXT_WIDTH = 80;

/** One of our commands up to where the sentence goes on: whoever copies it wants it in one line. */
const UNBROKEN = /storage-failover(?=\s)(?: \S*[^\s;,:.](?=\s|$))*(?: \S+)?|\S+/g;

/**
 * Words of one paragraph in lines of at most `TEXT_WIDTH` characters. What is longer, such as a path, stands alone and
 * stays whole.
 *
 * @param first - before the first line; all others begin under its end
 */
export function wrapped(first: string, text: string, firstWidth = first.length): string {
  const indent = " ".repeat(firstWidth);
  const lines: string[] = [];
  let line = "";
  for (const word of text.match(UNBROKEN) ?? [""]) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && firstWidth + longer.length > TEXT_WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map((one, index) => `${index === 0 ? first : indent}${one}`).join("\n");
}
