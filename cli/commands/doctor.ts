import { Command } from "commander";
import { addSshOptions, type SshArguments } from "../enroll/droplet-arguments";
import { wholeNumber } from "../number-options";
import { addOneStoreOptions, type OneStoreArguments } from "../stores/store-arguments";

export interface DoctorArguments extends OneStoreArguments, SshArguments {
  readonly bucketBytes?: number;
  readonly volumeGib?: number;
  readonly facts?: string;
  readonly runbook?: string;
}

export function doctorCommand(): Command {
  const command = new Command("doctor")
    .summary("look for what will go wrong, and change nothing")
    .description(
      "Looks for what will go wrong later, and changes nothing: versions, clock, reachability, Cloudflare's token and ids, key pairs, certificates, the runbook, and whether the bucket fits on the standby's volume. Each finding comes with what puts it right.",
    )
    .argument("[checks...]", "what to look at; without any: everything (see below)")
    .action(async (checks: readonly string[], given: DoctorArguments) => {
      // Imported only now, so that --help and wrong use answer at once.
      const { runDoctor } = await import("../doctor/run-doctor.js");
      await runDoctor(checks, given);
    });
  const store = "volume: the store whose bucket has to fit (default: primary)";
  return addOneStoreOptions(command, store, addOwnOptions).addHelpText("after", EXAMPLES);
}

function addOwnOptions(command: Command): Command {
  return addSshOptions(
    command
      .option(
        "--bucket-bytes <bytes>",
        "volume: size of the bucket, as AWS's console or an inventory tells it (default: all of it is listed)",
        wholeNumber(0, Number.MAX_SAFE_INTEGER),
      )
      .option(
        "--volume-gib <number>",
        "volume: its size (default: as planned, or as the droplet measures it if --host-key is given)",
        wholeNumber(1, 16_384),
      )
      .option("--facts <file>", "ids at Cloudflare (default: storage-failover.facts.json)")
      .option("--runbook <file>", "the committed runbook (default: RUNBOOK.md)"),
  );
}

const EXAMPLES = `
Checks:
  versions       Node, Terraform where there is one, the standby's server
  clock          this machine's against Cloudflare's, the resolvers' and the stores': over 60 s is warned of
  reachability   everything that a flip needs
  cloudflare     the token (CLOUDFLARE_API_TOKEN) and what it may do; changes are asked for of things that do not exist
  facts          the ids for a flip through the API alone: there, and right
  credentials    both stores list and read (PRIMARY_ACCESS_KEY_ID …, SECONDARY_ACCESS_KEY_ID …, else as configured)
  certificates   of both origins: under 21 days is warned of
  runbook        it is the one of this deployment
  volume         the bucket fits, with 20 % for older versions; a listing takes one request for 1,000 versions. With
                 --host-key the droplet is asked over SSH, as enroll does it

Examples:
  storage-failover doctor
  storage-failover doctor clock certificates
  storage-failover doctor volume --bucket-bytes 750000000000 --volume-gib 1000
  storage-failover doctor volume --host-key SHA256:…

This command ends with 0 when nothing has to be put right, 1 when something has, 3 when something could not be reached.
What cannot be checked here is said, and no reason to end otherwise than with 0.`;
