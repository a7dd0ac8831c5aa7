import { Command } from "commander";
import { DEFAULT_SYNTHESIZED_FOLDER, type PlanPlace } from "../stores/planned-stack";
import { addOutputOptions, addStackPrefix } from "../stores/store-arguments";
import { DEPENDENCIES_OPTION } from "./dependencies";

export interface RunbookArguments extends PlanPlace {
  readonly out?: string;
  readonly check?: true;
  readonly facts?: string;
  readonly report?: string;
  readonly contacts?: string;
  readonly dependencies?: readonly string[];
  readonly json?: true;
  readonly verbose?: true;
}

export function runbookCommand(): Command {
  const command = new Command("runbook")
    .summary("write what to do at 03:00, for this deployment")
    .description(
      "Writes a runbook for this deployment, in Markdown: what rings, when to flip and when not, failover and failback with the exact commands, the way without the usual tools, what to say. From the plan, Cloudflare's ids, the last drill and the dependencies.",
    )
    .option("--out <file>", "write it there (default: to standard output)")
    .option(
      "--check",
      "write nothing; end with 1 where the file that --out names (default: RUNBOOK.md) is not what would be written now, or an id in it is gone",
    )
    .option("--facts <file>", "Cloudflare's ids (default: storage-failover.facts.json)")
    .option("--report <folder>", "report of the last drill (default: drill-report)")
    .option("--contacts <file>", "who has which role (default: runbook.contacts.yaml, where there is one)")
    .option(...DEPENDENCIES_OPTION)
    .option("--synthesized <folder>", `what cdktf synth wrote (default: ${DEFAULT_SYNTHESIZED_FOLDER})`)
    .action(async (given: RunbookArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runRunbook } = await import("../runbook/run-runbook.js");
      await runRunbook(given);
    });
  return addStackPrefix(addOutputOptions(command)).addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Examples:
  storage-failover runbook --out RUNBOOK.md
  storage-failover runbook --check
  storage-failover runbook --check --out docs/runbook.md

Where CLOUDFLARE_API_TOKEN is set, --check asks Cloudflare whether every id is still there; a right to read is enough.
Figures of the last drill are kept in the runbook: --check takes them from there, so a pipeline needs no report.

This command ends with 0, with 1 when --check finds the runbook stale, or with 3 when Cloudflare cannot be asked.`;
