import { Command, Option } from "commander";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { wholeNumber } from "../number-options";
import type { PlanPlace } from "../stores/planned-stack";
import { addOutputOptions, addSynthesized } from "../stores/store-arguments";

export interface GuardArguments extends PlanPlace {
  readonly replaces?: StoreName;
  readonly becomes?: StoreName;
  readonly base: string;
  readonly facts?: string;
  /** Seconds. */
  readonly timeout: number;
  readonly json?: true;
  readonly verbose?: true;
}

export function guardCommand(): Command {
  const command = new Command("guard")
    .summary("in a pipeline, before the edge is applied: refuse to undo a flip")
    .description(
      "Compares the live marker with the value that this change replaces, and refuses where somebody has flipped past the configuration since, or has paused writes. Run it before every apply of the stack edge. Needs neither Terraform nor any store; with CLOUDFLARE_API_TOKEN it sees Cloudflare's own record, without one what resolvers say, which may be a minute old.",
    )
    .addOption(
      new Option(
        "--replaces <store>",
        "what the toggle said before this change (default: cdktf.json at --base)",
      ).choices(STORE_NAMES),
    )
    .addOption(
      new Option(
        "--becomes <store>",
        "what it says now (default: ACTIVE_PROVIDER, else cdktf.json here)",
      ).choices(STORE_NAMES),
    )
    .option("--base <commit>", "the commit that was applied last", "HEAD^")
    .option("--facts <file>", "ids at Cloudflare (default: storage-failover.facts.json)")
    .option("--timeout <seconds>", "how long each of them may take", wholeNumber(1, 300), 10)
    .action(async (given: GuardArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runGuard } = await import("../flip/run-guard.js");
      await runGuard(given);
    });
  return addSynthesized(addOutputOptions(command)).addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Examples:
  storage-failover guard && npx cdktf deploy edge
  storage-failover guard --base "$BEFORE"         where a push may bring several commits
  storage-failover guard --replaces primary       where the toggle is not in cdktf.json, or git is not there

A clone of one commit has no HEAD^: fetch two, or give --replaces.

This command ends with 0 when the apply does what the change says, 1 when it would undo a flip or a pause, 3 when nobody
could tell what the marker says: then nothing should be applied either.`;
