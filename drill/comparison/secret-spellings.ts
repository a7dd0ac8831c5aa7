/** A value that must occur nowhere; only its name is ever shown. */
export interface Secret {
  readonly name: string;
  readonly value: string;
}

/** A secret in one of the ways in which it might have been written down. */
export interface Spelling {
  readonly secret: string;
  readonly form: "as it is" | "percent-encoded" | "in JSON" | "in base64" | "in hexadecimal";
  readonly bytes: Buffer;
}

/** Shorter values would be found everywhere by chance. */
const LEAST_CHARACTERS = 8;

/**
 * All spellings to look for, each once. Base64 depends on where in a text a value begins, so that it is looked for at all
 * three offsets, without the characters that its neighbours share.
 *
 * @throws RangeError for a secret of fewer than 8 characters
 */
export function spellings(secrets: readonly Secret[]): Spelling[] {
  return secrets.flatMap(({ name, value }) => {
    if (value.length < LEAST_CHARACTERS) {
      throw new RangeError(
        `secret "${name}" has fewer than ${LEAST_CHARACTERS} characters; it cannot be searched for`,
      );
    }
    const forms: readonly (readonly [Spelling["form"], string])[] = [
      ["as it is", value],
      ["percent-encoded", encodeURIComponent(value)],
      ["in JSON", JSON.stringify(value).slice(1, -1)],
      ["in hexadecimal", Buffer.from(value).toString("hex")],
      ...[0, 1, 2].map((offset) => ["in base64", base64At(value, offset)] as const),
    ];
    const distinct = forms.filter(
      ([, text], index) => forms.findIndex(([, other]) => other === text) === index,
    );
    return distinct.map(([form, text]) => ({ secret: name, form, bytes: Buffer.from(text) }));
  });
}

function base64At(value: string, offset: number): string {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(value)]);
  const whole = bytes.toString("base64").replaceAll("=", "");
  const foreignAtStart = [0, 2, 3][offset] ?? 0;
  const foreignAtEnd = bytes.length % 3 === 0 ? 0 : 1;
  return whole.slice(foreignAtStart, whole.length - foreignAtEnd);
}
