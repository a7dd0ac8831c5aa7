import type { StoreName } from "../../contract/stores";
import type { Credentials } from "../../lambda/s3/credentials-source";
import { WrongUseError } from "../wrong-use-error";

/** Where the objects come from, and where they go. */
export type Side = "from" | "to";

/** What a store is to a command: one of two sides, the only one that it works on, or itself where both are looked at. */
export type StoreRole = Side | "store" | StoreName;

type Environment = Readonly<Record<string, string | undefined>>;

/** The environment variables that give one store's key pair. */
export function credentialVariables(side: StoreRole) {
  const prefix = side.toUpperCase();
  return {
    accessKeyId: `${prefix}_ACCESS_KEY_ID`,
    secretAccessKey: `${prefix}_SECRET_ACCESS_KEY`,
    sessionToken: `${prefix}_SESSION_TOKEN`,
  } as const;
}

/**
 * The key pair that the environment gives for one side; undefined when it gives none.
 *
 * @throws WrongUseError when it gives a part of one, naming what is missing
 */
export function givenCredentials(side: StoreRole, environment: Environment): Credentials | undefined {
  const names = credentialVariables(side);
  const accessKeyId = environment[names.accessKeyId];
  const secretAccessKey = environment[names.secretAccessKey];
  const sessionToken = environment[names.sessionToken];
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  }
  const given = Object.values(names).filter((name) => environment[name]);
  if (given.length === 0) return undefined;
  const missing = [names.accessKeyId, names.secretAccessKey].filter((name) => !environment[name]);
  throw new WrongUseError(`${given.join(" and ")} is set, but not ${missing.join(" and ")}`);
}
