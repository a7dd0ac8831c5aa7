/** Widest that lines become: what a split terminal shows, and a mail. */
export const TEXT_WIDTH = 80;

/**
 * Words of one paragraph in lines of at most `TEXT_WIDTH` characters. A word that is longer, such as a path or a
 * command's argument, stands alone and stays whole.
 *
 * @param first - before the first line; all others begin under its end
 */
export function wrapped(first: string, text: string, firstWidth = first.length): string {
  const indent = " ".repeat(firstWidth);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
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
