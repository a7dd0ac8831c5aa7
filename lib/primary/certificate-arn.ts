import { Token } from "cdktf";
import { invalid } from "../private/refusals";

const CERTIFICATE_ARN = /^arn:aws:acm:([a-z0-9-]+):\d{12}:certificate\/[0-9a-f-]{36}$/;

/** CloudFront takes certificates from there, wherever the origin is. */
const CERTIFICATE_REGION = "us-east-1";

/**
 * The ARN of a certificate that CloudFront can use.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkCertificateArn(arn: string, path: string): void {
  const region = CERTIFICATE_ARN.exec(arn)?.[1];
  if (Token.isUnresolved(arn) || region === CERTIFICATE_REGION) {
    return;
  }
  throw invalid({
    path,
    what:
      region === undefined
        ? "this is not the ARN of a certificate"
        : `the certificate is in ${region}, where CloudFront does not look`,
    value: arn,
    allowed: `the ARN of an ACM certificate in ${CERTIFICATE_REGION}`,
    fix: `request the certificate in ${CERTIFICATE_REGION} and give its ARN, as in "arn:aws:acm:${CERTIFICATE_REGION}:<account>:certificate/<id>"`,
  });
}
