import { type Command, Option } from "commander";
import { WrongUseError } from "../wrong-use-error";
import { DEFAULT_SYNTHESIZED_FOLDER } from "./configured-stores";
import type { OpenRequest } from "./open-stores";
import { credentialVariables, type Side } from "./side-credentials";
import type { StoreAddress } from "./store-address";

/** The options that every command has that works on two stores, as commander hands them over. */
export interface StoreArguments {
  readonly from?: string;
  readonly fromRegion?: string;
  readonly fromAddressStyle?: StoreAddress["addressStyle"];
  readonly fromCaFile?: string;
  readonly to?: string;
  readonly toRegion?: string;
  readonly toAddressStyle?: StoreAddress["addressStyle"];
  readonly toCaFile?: string;
  readonly synthesized?: string;
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
  addOwn(command)
    .option("--json", "print the outcome, and nothing else, to standard output as one JSON object")
    .option("--verbose", "show the stack trace of an error")
    .optionsGroup("Store options:");
  for (const side of SIDES) {
    command
      .option(`--${side}-region <region>`, "region to sign for, where the address does not tell")
      .addOption(
        new Option(
          `--${side}-address-style <style>`,
          "bucket in the host name, or first in the path",
        ).choices(["virtual", "path"]),
      )
      .option(`--${side}-ca-file <file>`, "PEM file of an authority to trust beside the usual ones");
  }
  return command
    .option(
      "--synthesized <folder>",
      `what cdktf synth wrote, for primary and secondary (default: the environment, else ${DEFAULT_SYNTHESIZED_FOLDER})`,
    )
    .addHelpText("after", STORES_HELP);
}

const STORES_HELP = `
Stores:
  primary, secondary             as configured: in the environment as the replicator has it, else as cdktf synth planned them
  s3://<bucket>                  on AWS; region from --from-region / --to-region, else AWS_REGION
  https://<endpoint>/<bucket>    any other S3-compatible server

Credentials (never an argument):
  ${variablesOf("from")}
  ${variablesOf("to")}
  Without them: the secret that the configuration names, else the AWS SDK's chain (AWS_PROFILE and the like).`;

function variablesOf(side: Side): string {
  const { accessKeyId, secretAccessKey, sessionToken } = credentialVariables(side);
  return `${accessKeyId}, ${secretAccessKey}, ${sessionToken} (optional)`;
}

/** @throws WrongUseError when a side is not named */
export function openRequest(given: StoreArguments, environment: OpenRequest["environment"]): OpenRequest {
  const { from, to, synthesized } = given;
  if (from === undefined || to === undefined) {
    const missing = [from === undefined && "--from", to === undefined && "--to"].filter(Boolean);
    throw new WrongUseError(
      `${missing.join(" and ")} is missing; allowed: primary, secondary, or an address`,
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
    synthesized,
    environment,
  };
}
