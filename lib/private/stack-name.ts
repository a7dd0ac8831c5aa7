import { TerraformStack } from "cdktf";
import type { Construct } from "constructs";
import { ConfigurationError } from "../configuration-error";

const STACK_NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;

/**
 * A stack's name is the folder of its output and the key of its state. CDKTF lets two stacks of one app have the same
 * name, and the second overwrites the first.
 *
 * @param scope any construct of the app
 * @param path the prop that the name follows from
 * @throws ConfigurationError VALUE_INVALID, STACK_NAME_TAKEN
 */
export function checkStackName(scope: Construct, name: string, path: string): void {
  if (!STACK_NAME.test(name)) {
    throw new ConfigurationError({
      code: "VALUE_INVALID",
      path,
      what: "this does not make the name of a stack",
      value: name,
      allowed:
        "letters, digits and hyphens, beginning with a letter, up to 64 characters with the stack's own name",
      fix: 'use a short word, as in "images"',
    });
  }
  const taken = scope.node.root.node
    .findAll()
    .some((construct) => TerraformStack.isStack(construct) && construct.node.id === name);
  if (taken) {
    throw new ConfigurationError({
      code: "STACK_NAME_TAKEN",
      path,
      what: "another stack of this app has that name, and would be overwritten",
      value: name,
      allowed: "names that no other stack of the app has",
      fix: 'give each StorageFailover of an app its own prefix, as in stackNamePrefix: "images"',
    });
  }
}
