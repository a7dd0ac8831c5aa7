import { chainCredentials } from "../../lambda/s3/chain-credentials";
import type { CredentialsSource } from "../../lambda/s3/credentials-source";
import { secretCredentials } from "../../lambda/s3/secret-credentials";
import { secretsManager } from "../../lambda/s3/secrets-manager";
import { staticCredentials } from "../../lambda/s3/static-credentials";
import { givenCredentials, type StoreRole } from "./side-credentials";

/**
 * Where one side's key pair comes from: its own environment variables, else the secret that the configuration
 * names for the store, else the AWS SDK's provider chain (environment, profiles, single sign-on, roles).
 *
 * @param secret - where the configuration names one; without a region it is looked for where the AWS SDK would
 * @throws WrongUseError when the environment gives only a part of a pair
 */
export function credentialsFor(
  side: StoreRole,
  secret: { readonly name: string; readonly region?: string } | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): CredentialsSource {
  const given = givenCredentials(side, environment);
  if (given) return staticCredentials(given);
  if (secret === undefined) return chainCredentials();
  return secretCredentials(secret.name, { readSecret: secretsManager(secret.region) });
}
