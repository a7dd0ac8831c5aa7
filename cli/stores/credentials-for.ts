import { chainCredentials } from "../../lambda/s3/chain-credentials";
import type { CredentialsSource } from "../../lambda/s3/credentials-source";
import { secretCredentials } from "../../lambda/s3/secret-credentials";
import { staticCredentials } from "../../lambda/s3/static-credentials";
import { givenCredentials, type StoreRole } from "./side-credentials";

/**
 * Where one side's key pair comes from: its own environment variables, else the secret that the configuration
 * names for the store, else the AWS SDK's provider chain (environment, profiles, single sign-on, roles).
 *
 * @throws WrongUseError when the environment gives only a part of a pair
 */
export function credentialsFor(
  side: StoreRole,
  secretName: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): CredentialsSource {
  const given = givenCredentials(side, environment);
  if (given) return staticCredentials(given);
  return secretName === undefined ? chainCredentials() : secretCredentials(secretName);
}
