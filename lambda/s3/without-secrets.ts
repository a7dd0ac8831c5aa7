import type { Credentials } from "./credentials-source";

/** What a server said, without any part of the pair that it was sent: some proxies repeat all they get. */
export function withoutSecrets(text: string, { secretAccessKey, sessionToken }: Credentials): string {
  const cleaned = text.replaceAll(secretAccessKey, "…");
  return sessionToken ? cleaned.replaceAll(sessionToken, "…") : cleaned;
}
