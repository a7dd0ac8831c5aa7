import { type Command, Option } from "commander";
import { WrongUseError } from "../wrong-use-error";

/** What `drill --target staging` takes beside the options of every drill. */
export interface StagingArguments {
  readonly target?: "staging";
  readonly config?: string;
  readonly facts?: string;
  readonly mend?: true;
  readonly yes?: true;
}

/** Adds everything that only `--target staging` reads. */
export function addStagingOptions(command: Command): Command {
  return command
    .optionsGroup("With --target staging:")
    .addOption(
      new Option(
        "--target <place>",
        "staging: drill the deployment itself, within what its file allows",
      ).choices(["staging"]),
    )
    .option("--config <file>", "what may be broken, and when (default: staging.yaml)")
    .option("--facts <file>", "ids at Cloudflare (default: storage-failover.facts.json)")
    .option("--mend", "mend what a drill that was killed has left broken; breaks nothing")
    .option("--yes", "do not ask for the host name");
}

/** @throws WrongUseError for an option that would be ignored */
export function refuseStagingOptions(given: StagingArguments): void {
  const named = (["config", "facts", "mend", "yes"] as const).find((name) => given[name] !== undefined);
  if (named !== undefined)
    throw new WrongUseError(`--${named} is for --target staging; add that, or leave it out`);
}
