/** What stands in a path unescaped: most keys consist of nothing else. */
const PLAIN_PATH = /^[A-Za-z0-9\-._~/]*$/;

/** Names and values, not encoded yet; what is undefined is left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * As signatures need it: everything escaped but letters, digits and `-_.~`.
 *
 * @throws URIError for a surrogate that stands alone
 */
export function encodeUri(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** A key as a path: slashes stay, and nothing is normalised, for `a//b` and `a/../b` are keys of their own. */
export function encodePath(key: string): string {
  return PLAIN_PATH.test(key) ? key : encodeUri(key).replaceAll("%2F", "/");
}

/** In the canonical form that is signed, and sent as it is: sorted by the bytes of the encoded names. */
export function canonicalQuery(query: Query): string {
  const names: string[] = [];
  const values = new Map<string, string>();
  for (const name of Object.keys(query)) {
    const value = query[name];
    if (value === undefined) continue;
    const encoded = encodeUri(name);
    names.push(encoded);
    values.set(encoded, encodeUri(String(value)));
  }
  return names
    .sort()
    .map((name) => `${name}=${values.get(name)}`)
    .join("&");
}
