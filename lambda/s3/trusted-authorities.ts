import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";

/**
 * Trusts these authorities beside the usual ones, which a list would take the place of. To be made once: reading all of
 * them for every connection takes longer than many requests.
 *
 * @param certificateAuthorities - PEM
 */
export function trusting(certificateAuthorities: string): SecureContext {
  return createSecureContext({ ca: [...rootCertificates, certificateAuthorities] });
}
