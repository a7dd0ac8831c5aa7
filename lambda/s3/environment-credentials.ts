import { CredentialsError } from "./credentials-error";
import type { Credentials, CredentialsSource } from "./credentials-source";
import { samePair } from "./same-pair";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The pair in `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, for a role's, `AWS_SESSION_TOKEN`: where a
 * function finds its role. Read once, and again after a refusal.
 *
 * @param environment - as a rule `process.env`
 */
export function environmentCredentials(environment: Environment): CredentialsSource {
  let pair: Credentials | undefined;
  return {
    current: async () => {
      pair ??= read(environment);
      return pair;
    },
    afterRefusal: async (refused) => {
      pair = read(environment);
      return samePair(pair, refused) ? undefined : pair;
    },
  };
}

function read(environment: Environment): Credentials {
  const accessKeyId = environment.AWS_ACCESS_KEY_ID;
  const secretAccessKey = environment.AWS_SECRET_ACCESS_KEY;
  if (!accessKeyId || !secretAccessKey) {
    throw new CredentialsError("the environment has no AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  return { accessKeyId, secretAccessKey, sessionToken: environment.AWS_SESSION_TOKEN || undefined };
}
