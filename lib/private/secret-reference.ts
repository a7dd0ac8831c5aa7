import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/**
 * A secret must reach the plan as a reference, never as a literal: synthesized JSON is committed, diffed and logged.
 *
 * @throws ConfigurationError SECRET_LITERAL; the message does not repeat the value
 */
export function checkSecretReference(secret: string, path: string): void {
  if (Token.isUnresolved(secret)) {
    return;
  }
  throw new ConfigurationError({
    code: "SECRET_LITERAL",
    path,
    what: "a secret is given as a literal and would stand in the synthesized JSON",
    value: "(hidden)",
    allowed: "a reference to a sensitive Terraform variable",
    fix: 'declare `new TerraformVariable(this, "origin_secret", { type: "string", sensitive: true })` and pass its `stringValue`',
  });
}
