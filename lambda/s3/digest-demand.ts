/** In the words of S3, of older releases of it, and of stores like it; some go on with "or x-amz-checksum-". */
const DEMAND = /^Content-MD5\b.* is required\b/i;

/**
 * Whether a refusal asks for the body's Content-MD5. A bucket with object lock takes no body without one, and says so
 * under a code that stands for anything that is wrong with a request: only the words tell.
 *
 * @param words - the server's own message, without its code
 */
export function demandsDigest(status: number, code: string | undefined, words: string | undefined): boolean {
  return status === 400 && code === "InvalidRequest" && DEMAND.test(words ?? "");
}
