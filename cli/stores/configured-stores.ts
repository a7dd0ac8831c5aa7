import { storeVariables } from "../../contract/environment";
import { STORE_NAMES } from "../../contract/stores";
import { EnvironmentError, type ReplicatorConfig, readConfig } from "../../lambda/replicator/config";
import { at, member, text } from "../../operate/runbook/plan-walk";
import { WrongUseError } from "../wrong-use-error";
import { type PlannedStack, type PlanPlace, plannedMember, plannedStack } from "./planned-stack";

type Environment = Readonly<Record<string, string | undefined>>;

/** Either of what names a plan comes before the environment, and that before `cdktf.out`. */
export interface ConfigurationPlace extends PlanPlace {
  readonly environment: Environment;
}

export interface ConfiguredStores extends ReplicatorConfig {
  /** AWS region that the replicator runs in and has its secrets in, where a plan tells. */
  readonly plannedRegion?: string;
}

/**
 * The two stores and the marker as the replicator knows them: from a synthesized plan, or from the replicator's own
 * environment variables. Undefined when nothing is configured here.
 *
 * @throws WrongUseError when there is a configuration that cannot be used
 */
export async function configuredStores({
  synthesized,
  stackPrefix,
  environment,
}: ConfigurationPlace): Promise<ConfiguredStores | undefined> {
  const isPlanNamed = synthesized !== undefined || stackPrefix !== undefined;
  if (speaksForItself({ synthesized, stackPrefix, environment })) {
    return understood("the environment", environment);
  }
  const stack = await plannedStack({ synthesized, stackPrefix }, "replication");
  const { file } = stack;
  if (stack.text === undefined) {
    if (!isPlanNamed) return undefined;
    throw new WrongUseError(`--synthesized "${synthesized}": there is no ${file}; run: npx cdktf synth`);
  }
  return { ...understood(file, plannedEnvironment(stack)), plannedRegion: plannedRegion(stack) };
}

/** Whether the environment names the stores, and nothing names a plan instead. */
export function speaksForItself({ synthesized, stackPrefix, environment }: ConfigurationPlace): boolean {
  return synthesized === undefined && stackPrefix === undefined && namesStores(environment);
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

/** Of the provider that the stack `replication` is made with. */
export function plannedRegion(replication: PlannedStack): string | undefined {
  return text(at(plannedMember(replication), "provider", "aws", "region"));
}

/** The environment of the replicator's function; all of its functions have the same stores. */
function plannedEnvironment(stack: PlannedStack): Environment {
  const { file } = stack;
  const functions = Object.values(plannedMember(stack, "resource", "aws_lambda_function"));
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
