import { Token } from "cdktf";
import { invalid } from "./refusals";

/** docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
const SECRET_NAME = /^[\w/+=.@-]{1,512}$/;

/** What Secrets Manager adds to a name in its ARN: a name that ends alike is taken for one without. */
const ARN_SUFFIX = /-[A-Za-z0-9]{6}$/;

/**
 * A secret is given by its name. What is no name may be the secret itself: the message does not repeat it.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkSecretName(name: string, path: string): void {
  if (Token.isUnresolved(name) || SECRET_NAME.test(name)) {
    return;
  }
  throw invalid({
    path,
    what: "this is no name of a secret",
    value: "(hidden)",
    allowed:
      "the name of a secret in Secrets Manager, not its ARN and not its text: 1 to 512 letters, digits and /_+=.@-",
    fix: "put the value into a secret of the replicator's account and region, and give the secret's name, as in \"storage-failover/assets-standby\"",
  });
}

/**
 * The same for the name of a secret that may still be made, of which more can be asked than of one that exists.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkNewSecretName(name: string, path: string): void {
  checkSecretName(name, path);
  if (Token.isUnresolved(name) || !ARN_SUFFIX.test(name)) {
    return;
  }
  throw invalid({
    path,
    what: "Secrets Manager may mistake the end of this name for a part of its ARN",
    value: name,
    allowed: "names that do not end with a hyphen and six letters or digits",
    fix: `use "${name}-key"`,
  });
}
