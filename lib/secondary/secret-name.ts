import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/** docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
const SECRET_NAME = /^[A-Za-z0-9/_+=.@-]{1,512}$/;

/** What Secrets Manager adds to a name in its ARN: a name that ends alike is taken for one without. */
const ARN_SUFFIX = /-[A-Za-z0-9]{6}$/;

/**
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkSecretName(name: string, path: string): void {
  if (Token.isUnresolved(name)) {
    return;
  }
  const refuse = (what: string, fix: string) => {
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path,
      what,
      value: name,
      allowed: "1 to 512 letters, digits and /_+=.@-, not ending with a hyphen and six of them",
      fix,
    });
  };
  if (!SECRET_NAME.test(name)) {
    refuse("Secrets Manager does not accept this name", 'write it as in "storage-failover/assets-standby"');
  }
  if (ARN_SUFFIX.test(name)) {
    refuse("Secrets Manager may mistake the end of this name for a part of its ARN", `use "${name}-key"`);
  }
}
