import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { storeVariables } from "../../contract/environment";
import type { StackName } from "../../contract/stacks";
import { STORE_NAMES } from "../../contract/stores";
import { errorCode } from "../../drill/machine/caught-error";
import { EnvironmentError, type ReplicatorConfig, readConfig } from "../../lambda/replicator/config";
import { WrongUseError } from "../wrong-use-error";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where `cdktf synth` writes unless it is told otherwise. */
export const DEFAULT_SYNTHESIZED_FOLDER = "cdktf.out";

const REPLICATION_STACK: StackName = "replication";

export interface ConfigurationPlace {
  /** What `cdktf synth` wrote. @default - the environment, else `cdktf.out` if it is there */
  readonly synthesized?: string;
  readonly environment: Environment;
}

/**
 * The two stores and the marker as the replicator knows them: from a synthesized plan, or from the replicator's own
 * environment variables. Undefined when nothing is configured here.
 *
 * @throws WrongUseError when there is a configuration that cannot be used
 */
export async function configuredStores({
  synthesized,
  environment,
}: ConfigurationPlace): Promise<ReplicatorConfig | undefined> {
  if (synthesized === undefined && namesStores(environment))
    return understood("the environment", environment);
  const file = join(synthesized ?? DEFAULT_SYNTHESIZED_FOLDER, "stacks", REPLICATION_STACK, "cdk.tf.json");
  const text = await readIfThere(file);
  if (text === undefined) {
    if (synthesized === undefined) return undefined;
    throw new WrongUseError(`--synthesized "${synthesized}": there is no ${file}; run: npx cdktf synth`);
  }
  return understood(file, plannedEnvironment(text, file));
}

function namesStores(environment: Environment): boolean {
  return STORE_NAMES.some((store) => environment[storeVariables(store).bucket]);
}

function understood(place: string, environment: Environment): ReplicatorConfig {
  try {
    return readConfig(environment);
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    throw new WrongUseError(`the stores in ${place} cannot be used: ${error.message}`, { cause: error });
  }
}

/** The environment of the replicator's function; all of its functions have the same stores. */
function plannedEnvironment(text: string, file: string): Environment {
  const functions = Object.values(member(parsed(text), "resource", "aws_lambda_function"));
  const environments = functions.map((one) => member(one, "environment", "variables"));
  const found = environments.find((variables) => storeVariables("primary").bucket in variables);
  if (found === undefined) throw new WrongUseError(`${file} has no function that knows the stores`);
  const unknown = Object.entries(found).find(([, value]) => String(value).includes("${"));
  if (unknown) {
    throw new WrongUseError(
      `${file}: ${unknown[0]} is known only after deployment; give the store as s3://<bucket> or https://<endpoint>/<bucket>`,
    );
  }
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, String(value)]));
}

/** The object at a path; empty where there is none. */
function member(value: unknown, ...path: readonly string[]): Readonly<Record<string, unknown>> {
  let found = value;
  for (const name of path) found = isRecord(found) ? found[name] : undefined;
  return isRecord(found) ? found : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}
