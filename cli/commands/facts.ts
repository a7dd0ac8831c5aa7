import { Command } from "commander";
import type { PlanPlace } from "../stores/planned-stack";
import { addOutputOptions, addSynthesized } from "../stores/store-arguments";

export interface FactsArguments extends PlanPlace {
  readonly hostname?: string;
  readonly zoneId?: string;
  readonly out?: string;
  readonly check?: true;
  readonly json?: true;
  readonly verbose?: true;
}

export function factsCommand(): Command {
  const command = new Command("facts")
    .summary("write down the ids at Cloudflare that a flip through its API needs")
    .description(
      "Finds zone, load balancer, pools, monitors and marker of the deployed edge at Cloudflare, by the host name, and writes their ids into a file. Nothing in it is secret: commit it. Asks neither AWS nor Terraform.",
    )
    .option("--hostname <name>", "host name that readers use (default: as planned, else as in the file)")
    .option("--zone-id <id>", "zone of the host name (default: found by the name)")
    .option("--out <file>", "the file (default: storage-failover.facts.json)")
    .option("--check", "write nothing; end with 1 when an id in the file is gone or another one")
    .action(async (given: FactsArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runFacts } = await import("../facts/run-facts.js");
      await runFacts(given);
    });
  return addSynthesized(addOutputOptions(command)).addHelpText("after", EXAMPLES);
}

const EXAMPLES = `
Needs CLOUDFLARE_API_TOKEN, with the right to read: Zone (zone), Load Balancers (zone), DNS (zone), Load Balancing:
Monitors and Pools (account). With --zone-id and ids found before, Zone is still asked for the account.

Examples:
  storage-failover facts
  storage-failover facts --check
  storage-failover facts --hostname assets.example.com

This command ends with 0 when the file is written, or right; 1 when there is no such edge, or the file is wrong; 3 when
Cloudflare could not be reached or does not let the token in.`;
