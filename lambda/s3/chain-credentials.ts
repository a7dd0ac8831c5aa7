import { CredentialsError } from "./credentials-error";
import type { Credentials, CredentialsSource } from "./credentials-source";
import { samePair } from "./same-pair";

/** How long before its end a pair is replaced: a request signed just before must still arrive. */
const EARLY_MILLISECONDS = 60_000;

interface ExpiringPair extends Credentials {
  readonly expiration?: Date;
}

/**
 * The AWS SDK's provider chain, as every AWS tool walks it: environment, profiles, single sign-on, roles. For a
 * workstation; it is large, loaded only when it is asked, and no part of the function's bundle.
 */
export function chainCredentials(): CredentialsSource {
  let kept: Promise<ExpiringPair> | undefined;
  const ask = (): Promise<ExpiringPair> => {
    const asked = askChain();
    kept = asked;
    // A chain that found nothing may find something later, such as after a sign-on.
    asked.catch(() => {
      if (kept === asked) kept = undefined;
    });
    return asked;
  };
  return {
    current: async () => {
      const pair = await (kept ?? ask());
      const isFresh =
        (pair.expiration?.getTime() ?? Number.POSITIVE_INFINITY) > Date.now() + EARLY_MILLISECONDS;
      return isFresh ? pair : ask();
    },
    afterRefusal: async (refused) => {
      const known = await kept;
      if (known !== undefined && !samePair(known, refused)) return known;
      const pair = await ask();
      return samePair(pair, refused) ? undefined : pair;
    },
  };
}

async function askChain(): Promise<ExpiringPair> {
  const { fromNodeProviderChain } = await import("@aws-sdk/credential-providers");
  try {
    const { accessKeyId, secretAccessKey, sessionToken, expiration } = await fromNodeProviderChain()();
    return { accessKeyId, secretAccessKey, sessionToken, expiration };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CredentialsError(`the AWS provider chain found no credentials: ${reason}`, { cause: error });
  }
}
