import type { StackName } from "../../contract/stacks";
import { prefixedStackName, STACK_PREFIX_OPTION } from "../stores/stack-sets";
import { WrongUseError } from "../wrong-use-error";
import type { OriginSecrets } from "./droplet";
import { EnrollmentError, type EnrollmentSteps } from "./enrollment";

type Environment = Readonly<Record<string, string | undefined>>;

/** The same variables that Terraform takes the stacks' values from. */
export const ORIGIN_SECRET_VARIABLES = {
  current: "TF_VAR_origin_secret",
  previous: "TF_VAR_previous_origin_secret",
} as const;

const { current, previous } = ORIGIN_SECRET_VARIABLES;

/** The same as the droplet's own script takes: it travels as a header, and lies in a file of variables. */
const SECRET = /^[A-Za-z0-9_-]{16,256}$/;

/**
 * The secrets of the environment, the current one first.
 *
 * @param count - how many there must be; undefined: the second one may be missing
 * @throws WrongUseError; no secret is repeated
 */
export function givenOriginSecrets(environment: Environment, count: 1 | 2 | undefined): readonly string[] {
  const names = count === 1 ? [current] : [current, previous];
  const needed = count === 2 ? names : [current];
  const missing = needed.filter((name) => !environment[name]);
  if (missing.length > 0) {
    throw new WrongUseError(`${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not set`);
  }
  const found = names.flatMap((name) => (environment[name] ? [{ name, secret: environment[name] }] : []));
  const odd = found.find(({ secret }) => !SECRET.test(secret));
  if (odd) {
    throw new WrongUseError(
      `${odd.name} cannot be an origin secret; allowed: 16 to 256 letters, digits, "-" and "_"`,
    );
  }
  const secrets = found.map(({ secret }) => secret);
  if (new Set(secrets).size < secrets.length) {
    throw new WrongUseError(`${current} and ${previous} are the same; the first is the new one`);
  }
  return secrets;
}

/** Makes the droplet accept these secrets and no other, and asks how many it accepts now. */
export async function sendOriginSecrets(
  origin: OriginSecrets,
  secrets: readonly string[],
  steps: EnrollmentSteps,
): Promise<void> {
  const step = steps.begin("send the origin secret");
  await origin.set(secrets);
  const count = await origin.count();
  if (count !== secrets.length) {
    throw new EnrollmentError(
      `the droplet accepts ${count} origin secrets instead of ${secrets.length}; the same command tries again`,
    );
  }
  step.done(count === 1 ? "the droplet accepts one" : "the droplet accepts the new one and the previous one");
}

/**
 * In this order, so that at every moment both stores accept what the edge sends.
 *
 * @param stackPrefix - of the stacks that are meant
 */
export function nextAfterBoth(stackPrefix: string): string {
  const deploy = (stack: StackName) => `npx cdktf deploy ${prefixedStackName(stackPrefix, stack)}`;
  const chosen = stackPrefix === "" ? "" : ` ${STACK_PREFIX_OPTION} ${stackPrefix}`;
  return `The secondary accepts both secrets. Next, in this order, with both variables still set:
  1. The primary accepts both. The app has to say acceptPreviousOriginSecret: true; without it the primary would
     refuse readers until the edge sends the new one.
       ${deploy("primary")}
  2. The edge sends the new one. Look at both pools' health at Cloudflare, and wait some minutes.
       ${deploy("edge")}
  3. The previous one ends. Remove acceptPreviousOriginSecret from the app, then
       unset ${previous}
       ${deploy("primary")}
       storage-failover rotate --origin-secret --finish --host-key SHA256:…${chosen}`;
}
