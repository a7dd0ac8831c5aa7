import { Command, Option } from "commander";
import { STORE_NAMES, type StoreName } from "../../contract/stores";
import { FLIP_CHECKS, type FlipCheck } from "../../operate/flip/flip-request";
import { wholeNumber } from "../number-options";
import type { PlanPlace } from "../stores/planned-stack";
import { addOutputOptions, addSynthesized } from "../stores/store-arguments";
import { FENCE_VARIABLE } from "./fence-variable";

export const FLIP_WAYS = ["api", "apply", "config"] as const;

export type FlipWay = (typeof FLIP_WAYS)[number];

export interface FlipArguments extends PlanPlace {
  readonly to?: StoreName;
  readonly via: FlipWay;
  readonly planned?: true;
  readonly acceptLoss?: true;
  readonly force?: readonly FlipCheck[];
  /** Seconds. */
  readonly maxLag?: number;
  readonly quietMinutes: number;
  /** Minutes. */
  readonly wait: number;
  readonly fenceSeconds?: number;
  readonly dryRun?: true;
  readonly resumeWrites?: true;
  readonly yes?: true;
  readonly facts?: string;
  readonly base: string;
  readonly branch?: string;
  /** Seconds. */
  readonly timeout: number;
  readonly json?: true;
  readonly verbose?: true;
}

export function flipCommand(): Command {
  const command = new Command("flip")
    .summary("make the other store the active one")
    .description(
      "Makes a store the active one: looks first whether that is safe, from what Cloudflare and the standby know, and refuses with every reason at once; then moves the marker and the order of the pools, in this order, and reads both back. The store that is lost, and its cloud, are never asked. The same command again goes on where it ended.",
    )
    .action(async (given: FlipArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runFlip } = await import("../flip/run-flip.js");
      await runFlip(given);
    });
  return addSynthesized(addOutputOptions(addDetails(addOwnOptions(command)))).addHelpText("after", EXAMPLES);
}

function addOwnOptions(command: Command): Command {
  return command
    .addOption(new Option("--to <store>", "the store that becomes active").choices(STORE_NAMES))
    .addOption(
      new Option("--via <way>", "how: by Cloudflare's API, by Terraform, or by a pull request (see below)")
        .choices(FLIP_WAYS)
        .default("api"),
    )
    .option("--planned", "pause writers first, and lose nothing; takes minutes (--via api)")
    .option("--dry-run", "change nothing; say what stands against it and what would be done")
    .option("--accept-loss", "flip although the standby is behind, or keys are open")
    .addOption(
      new Option("--force <check...>", "flip although this check fails; one by one, by name").choices(
        FLIP_CHECKS,
      ),
    )
    .option("--resume-writes", "end a pause of writers that nobody is at any more; flips nothing")
    .option("--yes", "do not ask for the store's name");
}

function addDetails(command: Command): Command {
  return command
    .option(
      "--max-lag <seconds>",
      "how far the standby may be behind (default: as the lag alarm is planned, else two intervals)",
      wholeNumber(1, 31_536_000),
    )
    .addOption(
      new Option("--quiet-minutes <minutes>", "for how long the active store must not have changed")
        .argParser(wholeNumber(0, 10_080))
        .default(30)
        .env("STORAGE_FAILOVER_QUIET_MINUTES"),
    )
    .option("--wait <minutes>", "with --planned: how long a clean pass may take", wholeNumber(1, 1440), 30)
    .addOption(
      new Option(
        "--fence-seconds <seconds>",
        "how long an old marker can act (default: as configured, 110); shorter in a drill on this machine only",
      )
        .argParser(wholeNumber(0, 3600))
        .env(FENCE_VARIABLE),
    )
    .option("--facts <file>", "ids at Cloudflare (default: storage-failover.facts.json)")
    .option("--base <commit>", "with --via config: what the branch begins at", "HEAD")
    .option("--branch <name>", "with --via config: its name (default: flip-to-<store>-<time>)")
    .option("--timeout <seconds>", "how long each source of the checks may take", wholeNumber(1, 300), 10);
}

const EXAMPLES = `
Ways:
  api      Cloudflare's API alone: CLOUDFLARE_API_TOKEN, and the file that storage-failover facts writes. The shortest; the
           configuration still has the old word afterwards, and has to follow.
  apply    Terraform on the stack edge alone: refuses a plan that changes more than marker and load balancer.
  config   A branch with the one word in cdktf.json changed, and the text of the pull request; your files stay as they are,
           and nothing is pushed. The flip happens when your pipeline applies it.

Checks, by the names that --force takes:
  standby-health, standby-answer, lag, exceptions, recent-flip, marker, writes-paused, other-flip
  --accept-loss clears lag and exceptions, which say how much there is to lose, and nothing else.

The standby's notes need its key pair: SECONDARY_ACCESS_KEY_ID and SECONDARY_SECRET_ACCESS_KEY, or PRIMARY_…, for whichever
store becomes active. Without them: the secret that the configuration names, else the AWS SDK's chain.

Examples:
  storage-failover flip --to secondary --dry-run
  storage-failover flip --to secondary --accept-loss
  storage-failover flip --to primary --planned
  storage-failover flip --to secondary --via config

Ctrl-C while writers are paused lets them go on; after the marker has moved, the same command goes on.

This command ends with 0 when it is done, or was already; 1 when it was refused, or another flip took over; 3 when
Cloudflare could not be reached; 130 when it was interrupted.`;
