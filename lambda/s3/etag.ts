/** ETags are kept without the double quotes of the header. */
export function unquote(etag: string): string {
  const last = etag.length - 1;
  return last > 0 && etag.startsWith('"') && etag.endsWith('"') ? etag.slice(1, last) : etag;
}
