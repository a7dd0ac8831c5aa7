/** As in `biome.json`. */
const LINE_WIDTH = 110;

/** JSON as Biome formats it: a list of plain values that fits on a line stands on one. */
export function formattedJson(value: unknown): string {
  const scalar = String.raw`(?:"(?:[^"\\\n]|\\.)*"|-?\d[\d.e+-]*|true|false|null)`;
  const list = new RegExp(String.raw`^(.*)\[\n\s+(${scalar}(?:,\n\s+${scalar})*)\n\s*\](,?)$`, "gm");
  const text = JSON.stringify(value, null, 2).replace(list, (whole, before: string, items: string, comma) => {
    const line = `${before}[${items.replace(/,\n\s+/g, ", ")}]${comma}`;
    return line.length <= LINE_WIDTH ? line : whole;
  });
  return `${text}\n`;
}
