/** S3 refuses requests that were signed by a clock this far from its own. */
const GREATEST_SKEW_MINUTES = 15;

const SKEWED_HEADERS: ReadonlySet<string> = new Set(["date", "last-modified"]);

/** Elements in which S3's listings and copies say when something happened. */
const TIME_ELEMENTS = /<(LastModified|Initiated)>([^<]+)<\/\1>/g;

/** Whether a store whose clock is ahead by `minutes` refuses what this machine has signed. */
export function refusesSignature(minutes: number): boolean {
  return Math.abs(minutes) > GREATEST_SKEW_MINUTES;
}

/** @param rawHeaders - names and values in turn */
export function skewHeaders(rawHeaders: readonly string[], minutes: number): string[] {
  return rawHeaders.map((text, index) => {
    const name = rawHeaders[index - 1]?.toLowerCase() ?? "";
    const isTime = index % 2 === 1 && SKEWED_HEADERS.has(name);
    return isTime ? shifted(text, minutes, (time) => time.toUTCString()) : text;
  });
}

export function skewDocument(xml: string, minutes: number): string {
  return xml.replace(
    TIME_ELEMENTS,
    (_whole, name: string, text: string) =>
      `<${name}>${shifted(text, minutes, (time) => time.toISOString())}</${name}>`,
  );
}

function shifted(text: string, minutes: number, write: (time: Date) => string): string {
  const milliseconds = Date.parse(text);
  return Number.isNaN(milliseconds) ? text : write(new Date(milliseconds + minutes * 60_000));
}
