import { Token } from "cdktf";
import { invalid } from "./refusals";

/** Not the grammar of addresses, only what keeps a name, a URL or a list in one text from being taken for one. */
const ADDRESS = /^[^\s@,;<>"]+@([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i;

/**
 * @param whose what is said of them in messages, as in `members of the team`
 * @throws ConfigurationError VALUE_INVALID for the first that is no address, or is there twice
 */
export function checkMailAddresses(addresses: readonly string[], path: string, whose?: string): void {
  for (const [index, address] of addresses.entries()) {
    const twice = addresses.indexOf(address) < index;
    if (!Token.isUnresolved(address) && (twice || !ADDRESS.test(address))) {
      throw invalid({
        path,
        what: twice ? "somebody would be told twice" : "this is not an e-mail address",
        value: address,
        allowed: `different e-mail addresses${whose === undefined ? "" : ` of ${whose}`}`,
        fix: twice ? "name each once" : 'write one a text, as in "on-call@example.com"',
      });
    }
  }
}
