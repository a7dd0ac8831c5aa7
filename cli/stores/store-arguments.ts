import { type Command, Option } from "commander";
import { WrongUseError } from "../wrong-use-error";
import type { OpenRequest, StoreOptions } from "./open-stores";
import { DEFAULT_SYNTHESIZED_FOLDER, type PlanPlace } from "./planned-stack";
import { credentialVariables, type Side, type StoreRole } from "./side-credentials";
import { STACK_PREFIX_OPTION } from "./stack-sets";
import type { StoreAddress } from "./store-address";

/** The options that every command has that works on two stores, as commander hands them over. */
export interface StoreArguments extends PlanPlace {
  readonly from?: string;
  readonly fromRegion?: string;
  readonly fromAddressStyle?: StoreAddress["addressStyle"];
  readonly fromCaFile?: string;
  readonly to?: string;
  readonly toRegion?: string;
  readonly toAddressStyle?: StoreAddress["addressStyle"];
  readonly toCaFile?: string;
  readonly json?: true;
  readonly verbose?: true;
}

const WHERE: Readonly<Record<Side, string>> = {
  from: "where the objects come from",
  to: "where they go",
};

const SIDES = ["from", "to"] as const;

/** Adds the options that every command on two stores has: first the two sides, then its own, then the details. */
export function addStoreOptions(command: Command, addOwn: (command: Command) => Command): Command {
  for (const side of SIDES) {
    command.option(`--${side} <store>`, `${WHERE[side]}: primary, secondary, or an address (see below)`);
  }
  addOutputOptions(addOwn(command)).optionsGroup("Store options:");
  for (const side of SIDES) addDetails(command, side);
  return addSynthesized(command).addHelpText("after", STORES_HELP);
}

/** The options of a command on one store, as commander hands them over. */
export interface OneStoreArguments extends PlanPlace {
  readonly store?: string;
  readonly storeRegion?: string;
  readonly storeAddressStyle?: StoreAddress["addressStyle"];
  readonly storeCaFile?: string;
  readonly json?: true;
  readonly verbose?: true;
}

/** The same for a command on one store, which `--store` names. */
export function addOneStoreOptions(
  command: Command,
  description: string,
  addOwn: (command: Command) => Command,
): Command {
  addOutputOptions(addOwn(command.option("--store <store>", description))).optionsGroup("Store options:");
  return addSynthesized(addDetails(command, "store")).addHelpText("after", ONE_STORE_HELP);
}

/** For every command: how its end is told. */
export function addOutputOptions(command: Command): Command {
  return command
    .option("--json", "print the outcome, and nothing else, to standard output as one JSON object")
    .option("--verbose", "show the stack trace of an error");
}

function addDetails(command: Command, role: StoreRole): Command {
  return command
    .option(`--${role}-region <region>`, "region to sign for, where the address does not tell")
    .addOption(
      new Option(`--${role}-address-style <style>`, "bucket in the host name, or first in the path").choices([
        "virtual",
        "path",
      ]),
    )
    .option(`--${role}-ca-file <file>`, "PEM file of an authority to trust beside the usual ones");
}

/** For every command that looks at a plan. */
export function addSynthesized(command: Command): Command {
  return addStackPrefix(
    command.option(
      "--synthesized <folder>",
      `what cdktf synth wrote, for primary and secondary (default: the environment, else ${DEFAULT_SYNTHESIZED_FOLDER})`,
    ),
  );
}

/** For every command that looks stacks up. */
export function addStackPrefix(command: Command): Command {
  return command.option(
    `${STACK_PREFIX_OPTION} <prefix>`,
    "stackNamePrefix of the stacks, where the app has several sets (default: the only set)",
  );
}

/** What says where the plan is. */
export function planPlace({ synthesized, stackPrefix }: PlanPlace): PlanPlace {
  return { synthesized, stackPrefix };
}

/** What `openStore` needs of them. */
export function storeOptions(given: OneStoreArguments, store: string): StoreOptions {
  return {
    store,
    region: given.storeRegion,
    addressStyle: given.storeAddressStyle,
    caFile: given.storeCaFile,
  };
}

const STORES_HELP = help("--from-region / --to-region", SIDES);

const ONE_STORE_HELP = help("--store-region", ["store"]);

function help(regionOptions: string, roles: readonly StoreRole[]): string {
  return `
Stores:
  primary, secondary             as configured: in the environment as the replicator has it, else as cdktf synth planned them
  s3://<bucket>                  on AWS; region from ${regionOptions}, else AWS_REGION
  https://<endpoint>/<bucket>    any other S3-compatible server

Credentials (never an argument):
${roles.map((role) => `  ${variablesOf(role)}`).join("\n")}
  Without them: the secret that the configuration names, else the AWS SDK's chain (AWS_PROFILE and the like).`;
}

function variablesOf(role: StoreRole): string {
  const { accessKeyId, secretAccessKey, sessionToken } = credentialVariables(role);
  return `${accessKeyId}, ${secretAccessKey}, ${sessionToken} (optional)`;
}

/** @throws WrongUseError when a side is not named */
export function openRequest(given: StoreArguments, environment: OpenRequest["environment"]): OpenRequest {
  const { from, to } = given;
  if (from === undefined || to === undefined) {
    const missing = [from === undefined && "--from", to === undefined && "--to"].filter(Boolean);
    throw new WrongUseError(
      `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} missing; allowed: primary, secondary, or an address`,
    );
  }
  return {
    from: {
      store: from,
      region: given.fromRegion,
      addressStyle: given.fromAddressStyle,
      caFile: given.fromCaFile,
    },
    to: { store: to, region: given.toRegion, addressStyle: given.toAddressStyle, caFile: given.toCaFile },
    ...planPlace(given),
    environment,
  };
}
