import { Command, Option } from "commander";
import { wholeNumber } from "../number-options";
import type { PlanPlace } from "../stores/planned-stack";
import { addOutputOptions, addSynthesized } from "../stores/store-arguments";

export interface StatusArguments extends PlanPlace {
  /** Seconds between two looks. */
  readonly watch?: number;
  readonly maxLag?: number;
  readonly facts?: string;
  readonly report?: string;
  readonly timeout: number;
  readonly json?: true;
  readonly verbose?: true;
}

export function statusCommand(): Command {
  const command = new Command("status")
    .summary("who is active, and whether a flip would find all well")
    .description(
      "Says which store is active, how Cloudflare's monitors see both, how far the standby is behind, how the last run and the last drill went, and where marker, load balancer and this project's toggle disagree. Whatever cannot be asked is unknown, with the reason; nothing is changed.",
    )
    .addOption(
      new Option("--watch [seconds]", "look again every so many seconds (10 without a number), until Ctrl-C")
        .preset("10")
        .argParser(wholeNumber(1, 86_400)),
    )
    .option(
      "--max-lag <seconds>",
      "how far the standby may be behind (default: as the lag alarm is planned, else two intervals)",
      wholeNumber(1, 31_536_000),
    )
    .option("--facts <file>", "ids at Cloudflare (default: storage-failover.facts.json)")
    .option("--report <folder>", "where the last drill left its report (default: drill-report)")
    .option("--timeout <seconds>", "how long each of them may take", wholeNumber(1, 300), 10)
    .action(async (given: StatusArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runStatus } = await import("../status/run-status.js");
      await runStatus(given);
    });
  return addSynthesized(addOutputOptions(command)).addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Asked, all at once:
  two resolvers                  what the marker says
  Cloudflare's API               its record, the order of the pools, their health; needs CLOUDFLARE_API_TOKEN (reading is
                                 enough) and the ids that storage-failover facts writes
  both origins                   whether they answer from here; any answer counts
  the standby                    what replication noted there; needs its key pair: PRIMARY_ACCESS_KEY_ID and
                                 PRIMARY_SECRET_ACCESS_KEY, or SECONDARY_…, for whichever store is the standby.
                                 Without them: the secret that the configuration names, else the AWS SDK's chain.

Examples:
  storage-failover status
  storage-failover status --watch
  storage-failover status --watch 30 --json | jq -c '{active, outcome}'

This command ends with 0 when all is well, 1 when something has to be put right (they disagree, a store is unhealthy, the
standby is too far behind), 3 when nobody could be reached. With --watch it ends with what the last look came to.`;
