import type { SeededRandom } from "./seeded-random";

/** Everything generated lives here, apart from a user's own files. */
export const GENERATED_PREFIX = "generated/";

/** The most that a file system, and therefore MinIO, holds in one segment. */
const SEGMENT_BYTES = 255;

const WORDS = [
  "atlas",
  "census",
  "chart",
  "folio",
  "ledger",
  "map",
  "notice",
  "plate",
  "print",
  "record",
  "scan",
  "sheet",
];
const ENDINGS = ["bin", "css", "html", "jpg", "js", "json", "pdf", "svg", "txt", "webp"];

/** A name of the family that is different for every `number`. */
type NameFamily = (number: string, random: SeededRandom) => string;

const PLAIN: NameFamily = (number, random) =>
  `${random.pick(WORDS)}/${random.pick(WORDS)}-${number}.${random.pick(ENDINGS)}`;

/**
 * Names that clients and servers are known to spoil: by decoding twice, by taking `+` for a space, by
 * counting characters instead of bytes, by sorting UTF-16 units instead of UTF-8 bytes.
 */
const AWKWARD: readonly NameFamily[] = [
  (number) => `with spaces/a  b ${number}.txt`,
  (number) => `plus+signs/1+1=2+${number}.txt`,
  (number) => `percent/100%/${number}%.txt`,
  (number) => `percent/encoded%2Fslash%20and%2Bplus-${number}`,
  (number) => `percent/%25%252F${number}`,
  (number) => `query/?a=1&b=2;c#${number}`,
  (number) => `quotes/"double" 'single' \`back\` ${number}`,
  (number) => `tilde~/~${number}~`,
  (number) => `brackets/[a]{b}(c)<d>|e^${number}`,
  (number) => `punctuation/!*,:@$;${number}`,
  (number) => `accents/été-ñandú-${number}.txt`,
  (number) => `scripts/日本語/العربية/ελληνικά-${number}.txt`,
  (number) => `astral/😀/𝒮torage-${number}`,
  // Sorts after the astral plane by UTF-16 units and before it by UTF-8 bytes.
  (number) => `astral/\uFF21\uFFFDwide-${number}`,
  (number) => `dots/..hidden.../.${number}.txt.`,
  (number) => `dashes/-${number}-`,
  (number) => `long/${fill(`${number}-`, "segment", SEGMENT_BYTES)}`,
  (number) => `long/${fill(`${number}-`, "ü𐍈", SEGMENT_BYTES)}`,
  (number) => `deep/${Array.from({ length: 60 }, (_, depth) => `level ${depth}+`).join("/")}/${number}`,
  (number) =>
    ["path", "of", "about", "900", "bytes"].map((word) => fill(`${word}-${number}-`, "x", 175)).join("/"),
  (number) => `minio/${number}`,
];

/** The text, continued with the filler for as long as whole characters fit into so many UTF-8 bytes. */
function fill(text: string, filler: string, bytes: number): string {
  let filled = text;
  let size = Buffer.byteLength(text);
  while (true) {
    for (const character of filler) {
      size += Buffer.byteLength(character);
      if (size > bytes) {
        return filled;
      }
      filled += character;
    }
  }
}

/** So many different keys that both S3 and MinIO can hold; about one in four is awkward. */
export function generatedKeys(count: number, random: SeededRandom): string[] {
  return Array.from({ length: count }, (_, index) => {
    const number = String(index).padStart(5, "0");
    const awkward = AWKWARD[Math.floor(index / 4) % AWKWARD.length];
    return GENERATED_PREFIX + (index % 4 === 3 && awkward ? awkward : PLAIN)(number, random);
  });
}
