import { Token } from "cdktf";
import { ConfigurationError } from "../configuration-error";

/**
 * What other stacks are told about a store must be a plain string. A token would tie their state to this
 * one's, so that a failed cloud could block the plan of a healthy one.
 *
 * @throws ConfigurationError VALUE_INVALID
 */
export function checkKnownAtSynth(value: string, path: string): void {
  if (!Token.isUnresolved(value)) {
    return;
  }
  throw new ConfigurationError({
    code: "VALUE_INVALID",
    path,
    what: "the value is a reference that is only known after deployment, and other stacks need it before",
    value: "(reference)",
    allowed: "a plain string",
    fix: "write the value itself",
  });
}
