import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/** docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
const SECRET_NAME = /^[\w/+=.@-]{1,512}$/;

/**
 * A secret is given by its name. What is no name may be the secret itself: the message does not repeat it.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkSecretName(name: string, path: string): void {
  if (Token.isUnresolved(name) || SECRET_NAME.test(name)) return;
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "this is no name of a secret",
    value: "(hidden)",
    allowed:
      "the name of a secret in Secrets Manager: letters, digits and /_+=.@-, not its ARN and not its text",
    fix: "put the value into a secret of the replicator's account and region, and give the secret's name",
  });
}
