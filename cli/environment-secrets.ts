import { withoutSecrets } from "../lambda/s3/without-secrets";

const SECRET_NAMES = /(SECRET_ACCESS_KEY|SESSION_TOKEN|API_TOKEN|API_KEY|_TOKEN)$/;

/** Shorter ones would be found by chance in what they have nothing to do with. */
const LEAST_CHARACTERS = 8;

/** The secrets among this process's variables, by their names. */
export function environmentSecrets(
  environment: Readonly<Record<string, string | undefined>>,
): readonly { readonly name: string; readonly value: string }[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value && value.length >= LEAST_CHARACTERS && SECRET_NAMES.test(name) ? [{ name, value }] : [],
  );
}

/** A text without any secret of this process's environment, in whatever spelling a server may have repeated it. */
export function withoutEnvironmentSecrets(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return environmentSecrets(environment).reduce(
    (cleaned, { value }) => withoutSecrets(cleaned, { accessKeyId: "", secretAccessKey: value }),
    text,
  );
}
