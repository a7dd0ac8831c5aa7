import type { Credentials } from "./credentials-source";

/**
 * What a server said, without any part of the pair that it was sent: some proxies repeat all they get, in whatever
 * spelling.
 */
export function withoutSecrets(text: string, { secretAccessKey, sessionToken }: Credentials): string {
  return [secretAccessKey, sessionToken ?? ""]
    .flatMap(spellings)
    .reduce((cleaned, spelling) => cleaned.replaceAll(spelling, "…"), text);
}

/** Spellings of fewer characters would be found by chance; a secret as it is, however short, is always looked for. */
const LEAST_CHARACTERS = 8;

function spellings(secret: string): readonly string[] {
  if (secret === "") return [];
  const bytes = Buffer.from(secret);
  const percent = encodeURIComponent(secret);
  const hexadecimal = bytes.toString("hex");
  const others = [
    percent,
    percent.replace(/%../g, (octet) => octet.toLowerCase()),
    JSON.stringify(secret).slice(1, -1),
    hexadecimal,
    hexadecimal.toUpperCase(),
    ...[0, 1, 2].map((offset) => base64At(bytes, offset)).flatMap((one) => [one, urlSafe(one)]),
  ];
  return [secret, ...others.filter(({ length }) => length >= LEAST_CHARACTERS)];
}

/** As it stands within a longer text of which other bytes come before: without the characters that it shares with them. */
function base64At(bytes: Buffer, offset: number): string {
  const whole = Buffer.concat([Buffer.alloc(offset), bytes]);
  const shared = whole.length % 3 === 0 ? 0 : 1;
  const text = whole.toString("base64").replaceAll("=", "");
  return text.slice([0, 2, 3][offset], text.length - shared);
}

function urlSafe(base64: string): string {
  return base64.replaceAll("+", "-").replaceAll("/", "_");
}
