export { selfSignedCertificate } from "../../drill/gateway/certificates";
export type { CertificatePair as Certificate } from "../../drill/gateway/gateway-messages";
